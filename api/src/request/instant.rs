//! Instants as callers write them: RFC 3339, such as `"2031-03-01T03:00:00Z"`.

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error};

/// Reads an instant that is kept for ever: to the microsecond, as Postgres has it, and not before 1970, so that it is
/// within all calendars that it may meet.
pub(crate) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    checked(Timestamp::deserialize(deserializer)?)
}

/// The same, if it is given.
pub(crate) fn instant_if_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Option::<Timestamp>::deserialize(deserializer)?.map(checked).transpose()
}

fn checked<E: Error>(instant: Timestamp) -> Result<Timestamp, E> {
    if instant < Timestamp::UNIX_EPOCH {
        return Err(E::custom(format!("{instant} is before 1970")));
    }
    Timestamp::from_microsecond(instant.as_microsecond()).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> String {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        instant(&mut deserializer).map_or_else(|error| error.to_string(), |instant| instant.to_string())
    }

    #[test]
    fn an_instant_is_kept_to_the_microsecond() {
        for (json, expected) in [
            (r#""2031-03-01T00:00:00-03:00""#, "2031-03-01T03:00:00Z"),
            (r#""2031-03-01T03:00:00.123456789Z""#, "2031-03-01T03:00:00.123456Z"),
            (r#""1969-12-31T23:59:59Z""#, "1969-12-31T23:59:59Z is before 1970"),
        ] {
            assert_eq!(told(json), expected);
        }
        for json in ["1", r#""tomorrow""#, r#""2031-03-01""#, r#""2031-02-30T00:00:00Z""#, "null"] {
            assert!(!told(json).starts_with("2031"), "{json}");
        }
    }
}
