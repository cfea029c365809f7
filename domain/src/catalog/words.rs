//! What a plan allows, in the few words that fit into a table of plans.

pub mod policy;

use std::fmt;

use super::{Grant, Limit, Overage, Pricing, Tiers};

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::UpTo(quantity) => quantity.fmt(f),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("yes"),
            Self::Config { value } => match value.as_str() {
                Some(text) => f.write_str(text),
                None => value.fmt(f),
            },
            Self::Quota { limit, overage, rollover, settle_above } => {
                write!(f, "{limit}{overage}")?;
                if let Some(rollover) = rollover {
                    write!(f, ", carries over {} to {}", rollover.minimum, rollover.maximum)?;
                }
                if *settle_above {
                    f.write_str(", settles above holds")?;
                }
                Ok(())
            }
            Self::Capacity { limit } => limit.fmt(f),
        }
    }
}

/// What follows the limit; nothing where the rest is refused.
impl fmt::Display for Overage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuse => Ok(()),
            Self::Credits { rate } => write!(f, ", then {rate} credits each"),
            Self::Invoice { pricing } => {
                for (index, (currency, pricing)) in pricing.iter().enumerate() {
                    let separator = if index == 0 { ", then" } else { " or" };
                    write!(f, "{separator} {currency} {pricing}")?;
                }
                f.write_str(" on the invoice")
            }
        }
    }
}

impl fmt::Display for Pricing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit { price } => write!(f, "{price} each"),
            Self::Package { size, price } => write!(f, "{price} per {size}"),
            Self::Graduated(tiers) => write!(f, "{tiers} each"),
            Self::Volume(tiers) => write!(f, "{tiers} for all"),
        }
    }
}

impl fmt::Display for Tiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for tier in &self.tiers {
            write!(f, "{} for {}, ", tier.price, tier.units)?;
        }
        write!(f, "then {}", self.then)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::catalog::Event;
    use crate::samples;
    use crate::stream;

    #[test]
    fn every_shape_of_a_grant_is_told_in_a_few_words() {
        let published = samples::events().into_iter().find_map(|event| match event {
            stream::Event::Catalog(Event::CatalogPublished { definition, .. }) => Some(definition),
            _ => None,
        });
        let grants = &published.unwrap().plans[1].grants;
        let lines: Vec<String> = grants.iter().map(|(feature, grant)| format!("{feature}: {grant}")).collect();
        expect![[r#"
            ai_runs: unlimited
            ai_tokens: 0, then COP 0.04 each or USD 0.00001 each on the invoice, settles above holds
            calls: 100, then COP 8000 per 1000 or USD 2 per 1000 on the invoice
            exports: 5, then COP 6000 for 10, then 2000 each or USD 1.5 for 10, 1.0 for 100, then 0.5 each on the invoice
            minutes: 0, then COP 6000 for 10, then 2000 for all or USD 1.5 for 10, 1.0 for 100, then 0.5 for all on the invoice
            seats: 2.5
            support: chat
            whatsapp_messages: 2000, then 0.05 credits each, carries over 10 to 500
            white_label: yes"#]].assert_eq(&lines.join("\n"));
    }
}
