//! The sheet: its measures in points, its colours, its sizes of type.

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Color(pub u8, pub u8, pub u8);

/// A4.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;

pub(super) const LEFT: f32 = 50.0;
pub(super) const RIGHT: f32 = WIDTH - 50.0;
/// Where the right half begins: dates, and labels of sums.
pub(super) const MIDDLE: f32 = RIGHT - 245.0;
/// Where the first page begins.
pub(super) const TOP: f32 = 52.0;
/// Where the pages after it begin, under their running head.
pub(super) const TOP_LATER: f32 = 84.0;
/// Where a page ends, above its foot.
pub(super) const BOTTOM: f32 = HEIGHT - 66.0;

/// From one line of text to the next.
pub(super) const LEADING: f32 = 12.5;

pub(super) const INK: Color = Color(0x1b, 0x24, 0x30);
/// For what is read second. Dark enough to be read by weak eyes: 5.9 to 1 on white.
pub(super) const FAINT: Color = Color(0x5a, 0x66, 0x75);
pub(super) const HAIRLINE: Color = Color(0xd8, 0xde, 0xe5);
pub(super) const BAND: Color = Color(0xf1, 0xf4, 0xf7);
pub(super) const GREEN: Color = Color(0x1a, 0x73, 0x48);
pub(super) const AMBER: Color = Color(0x9a, 0x5b, 0x00);
pub(super) const RED: Color = Color(0xb3, 0x26, 0x1e);

/// Which cut of the font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Semibold,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub weight: Weight,
    pub size: f32,
    pub color: Color,
}

const fn style(weight: Weight, size: f32, color: Color) -> Style {
    Style { weight, size, color }
}

pub(super) const TITLE: Style = style(Weight::Semibold, 20.0, INK);
pub(super) const NUMBER: Style = style(Weight::Regular, 12.0, INK);
pub(super) const SELLER: Style = style(Weight::Semibold, 13.0, INK);
pub(super) const NAME: Style = style(Weight::Semibold, 10.0, INK);
pub(super) const BODY: Style = style(Weight::Regular, 9.0, INK);
pub(super) const BODY_FAINT: Style = style(Weight::Regular, 9.0, FAINT);
pub(super) const HEAD: Style = style(Weight::Semibold, 8.0, FAINT);
pub(super) const SMALL: Style = style(Weight::Regular, 7.5, FAINT);
pub(super) const STRONG: Style = style(Weight::Semibold, 9.0, INK);
pub(super) const DUE: Style = style(Weight::Semibold, 11.0, INK);

pub(super) const fn stamp(color: Color) -> Style {
    style(Weight::Semibold, 9.0, color)
}
