//! A report as a drawing: revenue and refusals by plan, recorded beside simulated.
//!
//! Plain SVG: shapes and texts, nothing that is run or fetched.

use std::collections::BTreeMap;
use std::fmt::Write;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::csv::plain;
use super::report::Report;
use super::tally::{Count, RefusalTold};

const WIDTH: u32 = 960;
/// Space on the left, for the values of the axis.
const LEFT: u32 = 110;
const RIGHT: u32 = 30;
const PANEL: u32 = 300;
/// The bars of a panel are as high as this.
const PLOT: u32 = 180;
const TOP: u32 = 70;

/// The colours of bars, told apart by those who see few of them as well.
const RECORDED: &str = "#4e79a7";
const SIMULATED: &str = "#f28e2b";

/// Bars side by side, a pair for each plan.
struct Panel {
    title: String,
    axis: String,
    legend: [&'static str; 2],
    pairs: Vec<(String, [Decimal; 2])>,
    /// Are they numbers of things, of which there are no halves?
    counts: bool,
}

impl Report {
    /// The drawing.
    #[must_use]
    pub fn chart(&self) -> String {
        let panels = self.panels();
        let count = u32::try_from(panels.len()).unwrap_or(1);
        let height = TOP + count * PANEL + 10;
        let title = format!("{} under {}", self.product, self.catalog);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} \
             {height}\" font-family=\"sans-serif\" font-size=\"13\">\n<title>{}</title>\n<rect width=\"{WIDTH}\" \
             height=\"{height}\" fill=\"#ffffff\"/>\n",
            escaped(&title)
        );
        text(&mut svg, (20, 30), "start", 19, &title);
        text(&mut svg, (20, 52), "start", 13, &format!("{} to {}", self.from, self.to));
        for (index, panel) in (0_u32..).zip(&panels) {
            panel.draw(&mut svg, TOP + index * PANEL);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn panels(&self) -> Vec<Panel> {
        let name = |plan: &Option<domain::PlanCode>| plan.as_ref().map_or("no plan".to_owned(), ToString::to_string);
        let revenue = self.total.currencies().into_iter().map(|currency| {
            let of = |amounts: &BTreeMap<String, Decimal>| amounts.get(currency).copied().unwrap_or_default();
            let pair = |row: &super::Row| [of(&row.recorded.invoiced), of(&row.simulated.invoiced)];
            Panel {
                title: format!("Revenue by plan, invoiced without taxes, {currency}"),
                axis: currency.to_owned(),
                legend: ["recorded", "simulated"],
                pairs: self.plans.iter().map(|plan| (name(&plan.plan), pair(&plan.row))).collect(),
                counts: false,
            }
        });
        let times = |counts: &BTreeMap<RefusalTold, Count>| {
            Decimal::from(counts.values().map(|count| count.times).sum::<u64>())
        };
        let untold = if self.refusals.is_some() { "" } else { " (those that vanish are not in the log)" };
        let refusals = Panel {
            title: format!("Refusals by plan{untold}"),
            axis: "refusals".to_owned(),
            legend: ["vanish", "appear"],
            pairs: self
                .plans
                .iter()
                .map(|plan| (name(&plan.plan), [times(&plan.row.vanishing), times(&plan.row.appearing)]))
                .collect(),
            counts: true,
        };
        revenue.chain([refusals]).collect()
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, top: u32) {
        let values = || self.pairs.iter().flat_map(|(_, pair)| pair).copied();
        let highest = values().fold(Decimal::ZERO, Decimal::max);
        let highest = if self.counts { quarters(highest) } else { highest };
        let lowest = values().fold(Decimal::ZERO, Decimal::min);
        let span = if highest == lowest { Decimal::ONE } else { highest - lowest };
        let (ceiling, floor) = (top + 50, top + 50 + PLOT);
        // How far below the highest value something is, in units of the drawing.
        let y = |value: Decimal| ceiling + pixels((lowest + span - value) * Decimal::from(PLOT) / span);
        text(svg, (20, top + 18), "start", 15, &self.title);
        self.draw_legend(svg, top);
        for share in 0..=4_u32 {
            let value = lowest + span * Decimal::from(share) / Decimal::from(4);
            let (at, end) = (y(value), WIDTH - RIGHT);
            let _ = writeln!(svg, "<line x1=\"{LEFT}\" y1=\"{at}\" x2=\"{end}\" y2=\"{at}\" stroke=\"#dddddd\"/>");
            text(svg, (LEFT - 8, at + 4), "end", 12, &plain(value.round_dp(2)));
        }
        let middle = u32::midpoint(ceiling, floor);
        let _ = writeln!(
            svg,
            "<text x=\"24\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 24 {middle})\">{}</text>",
            escaped(&self.axis)
        );
        let pairs = u32::try_from(self.pairs.len().max(1)).unwrap_or(1);
        let step = (WIDTH - LEFT - RIGHT) / pairs;
        let bar = (step * 3 / 10).clamp(2, 60);
        for (index, (name, pair)) in (0_u32..).zip(&self.pairs) {
            let centre = LEFT + step * index + step / 2;
            for (value, x, colour) in [(pair[0], centre.saturating_sub(bar), RECORDED), (pair[1], centre, SIMULATED)] {
                let (from, to) = (y(value.max(Decimal::ZERO)), y(value.min(Decimal::ZERO)));
                let high = to.saturating_sub(from);
                let _ =
                    writeln!(svg, "<rect x=\"{x}\" y=\"{from}\" width=\"{bar}\" height=\"{high}\" fill=\"{colour}\"/>");
                text(svg, (x + bar / 2, from.saturating_sub(5)), "middle", 11, &plain(value));
            }
            text(svg, (centre, floor + 20), "middle", 13, name);
        }
        let (zero, end) = (y(Decimal::ZERO), WIDTH - RIGHT);
        let _ = writeln!(svg, "<line x1=\"{LEFT}\" y1=\"{zero}\" x2=\"{end}\" y2=\"{zero}\" stroke=\"#333333\"/>");
        text(svg, (u32::midpoint(LEFT, end), floor + 40), "middle", 12, "plan");
    }

    fn draw_legend(&self, svg: &mut String, top: u32) {
        for (x, name, colour) in [(700, self.legend[0], RECORDED), (820, self.legend[1], SIMULATED)] {
            let y = top + 8;
            let _ = writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>");
            text(svg, (x + 18, top + 18), "start", 13, name);
        }
    }
}

/// The next number that has whole quarters.
fn quarters(number: Decimal) -> Decimal {
    let four = Decimal::from(4);
    (number / four).ceil().max(Decimal::ONE) * four
}

fn pixels(length: Decimal) -> u32 {
    length.round().to_u32().unwrap_or_default()
}

fn text(svg: &mut String, (x, y): (u32, u32), anchor: &str, size: u32, said: &str) {
    let said = escaped(said);
    let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{said}</text>");
}

/// A text as it may stand in XML, without what cannot.
fn escaped(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\'' => all.push_str("&apos;"),
            letter if letter.is_control() => all.push(' '),
            letter => all.push(letter),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_called_cannot_become_markup() {
        assert_eq!(escaped("<script>&\"'\u{7}"), "&lt;script&gt;&amp;&quot;&apos; ");
    }
}
