//! The question: which consumptions, by what, from which key on, and in which format.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::text::InvalidAttributes;
use domain::{ActorId, AttributeKey, Attributes, FeatureCode};
use jiff::civil::Date;
use projections::consumptions::summary::{Group, UnknownGroup, Wanted, Whose};

use crate::problem::{Fault, Problem};
use crate::request::{Day, Format, Freshness, QueryParams};

/// Most groups of one question: what a table or a chart can show.
const GROUPS_MAX: usize = 3;

/// Which consumptions are summed up, and by what.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SummaryQuery {
    /// Only those of this feature.
    #[param(value_type = Option<String>, example = "whatsapp_messages")]
    feature: Option<FeatureCode>,
    /// Only those of this actor.
    #[param(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
    /// Only those with this attribute, `campaign`, or with this value of it, `campaign:autumn`.
    #[param(value_type = Option<String>, example = "campaign:autumn")]
    attribute: Option<WithAttribute>,
    /// The first local day; without it, the first of the month of `to`.
    #[param(value_type = Option<String>, format = Date, example = "2031-03-01")]
    from: Option<Day>,
    /// The last local day, at most 366 with the first; without it, the last of the current month.
    #[param(value_type = Option<String>, format = Date, example = "2031-03-31")]
    to: Option<Day>,
    /// Up to three of `organization`, `plan`, `feature`, `actor`, `day`, `month`, `period` and `attribute:<name>`, with
    /// commas between them.
    #[param(value_type = Option<String>, required = false, default = "feature", example = "feature,attribute:campaign")]
    pub(super) group_by: Groups,
    /// Only groups after these: the `next_after` of the page before, with everything else as it was.
    #[param(value_type = Option<String>)]
    after: Option<Keys>,
    /// How many groups at most.
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    limit: i64,
    /// `json` or `csv`; without it, the first of the two that `Accept` names.
    #[param(value_type = Option<String>, required = false, example = "json")]
    pub(super) format: Format,
    #[param(ignore)]
    pub(super) freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for SummaryQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let read = Self {
            feature: query.token("feature")?,
            actor: query.token("actor")?,
            attribute: query.take("attribute")?,
            from: query.take("from")?,
            to: query.take("to")?,
            group_by: query.take("group_by")?.unwrap_or_else(|| Groups(vec![Group::Feature])),
            after: query.take("after")?,
            limit: query.limit()?,
            format: query.take("format")?.unwrap_or_else(|| Format::accepted(&parts.headers)),
            freshness: Freshness::take(&mut query)?,
        };
        query.finish()?;
        match &read.after {
            Some(Keys(keys)) if keys.len() != read.group_by.0.len() => Err(invalid("after", OTHER_QUESTION).into()),
            Some(_) | None => Ok(read),
        }
    }
}

const OTHER_QUESTION: &str = "it is not the next_after of this question";

fn invalid(field: &str, text: impl Display) -> Fault {
    Fault::InvalidField { field: field.to_owned(), text: text.to_string() }
}

impl SummaryQuery {
    /// The first and the last day that are asked for, on a day.
    pub(super) fn days(&self, today: Date) -> Result<(Date, Date), Fault> {
        Day::range(self.from, self.to, today)
    }

    /// The question to the projection.
    pub(super) fn wanted<'a>(&'a self, whose: Whose<'a>, (first, last): (Date, Date)) -> Wanted<'a> {
        Wanted {
            whose,
            first,
            last,
            feature: self.feature.as_ref(),
            actor: self.actor.as_ref(),
            attribute: self.attribute.as_ref().map(|with| (&with.name, with.value.as_deref())),
            groups: &self.group_by.0,
            after: self.after.as_ref().map(|keys| keys.0.as_slice()),
            limit: self.limit,
        }
    }
}

/// An attribute, of any value or of one.
struct WithAttribute {
    name: AttributeKey,
    value: Option<String>,
}

impl FromStr for WithAttribute {
    type Err = InvalidAttributes;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        // A value that no consumption can have is a mistake, and no answer to it would say so.
        Attributes::new(BTreeMap::from([(name.to_owned(), value.clone().unwrap_or_default())]))?;
        Ok(Self { name: AttributeKey::new(name)?, value })
    }
}

/// By what.
pub(super) struct Groups(pub(super) Vec<Group>);

impl FromStr for Groups {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut groups: Vec<Group> = Vec::new();
        for name in text.split(',') {
            let group = name.parse().map_err(|fault: UnknownGroup| fault.to_string())?;
            if groups.contains(&group) {
                return Err(format!("{name} is given twice"));
            }
            groups.push(group);
        }
        if groups.len() > GROUPS_MAX {
            return Err(format!("{} groups are more than {GROUPS_MAX}", groups.len()));
        }
        Ok(Self(groups))
    }
}

/// The keys of a group, as `next_after` tells them: JSON in hexadecimal, which needs no quoting anywhere.
struct Keys(Vec<Option<String>>);

impl FromStr for Keys {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
        let keys = bytes.and_then(|bytes| serde_json::from_slice::<Vec<Option<String>>>(&bytes).ok());
        // Postgres takes no NUL in a text, and no key has any control character.
        let is_told = |keys: &Vec<Option<String>>| !keys.iter().flatten().any(|key| key.contains(char::is_control));
        keys.filter(is_told).map(Self).ok_or(OTHER_QUESTION)
    }
}

/// The keys of a group as text.
pub(super) fn after(keys: &[Option<String>]) -> String {
    serde_json::json!(keys).to_string().bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_were_told() {
        for keys in [vec![], vec![None], vec![Some("ñ\"&".to_owned()), None, Some(String::new())]] {
            assert_eq!(after(&keys).parse::<Keys>().ok().map(|keys| keys.0), Some(keys));
        }
        for text in ["", "5", "5b5", "zz", "+5", "7b7d", "5b315d", "é", "5b225c7530303030225d"] {
            assert!(text.parse::<Keys>().is_err(), "{text}");
        }
    }
}
