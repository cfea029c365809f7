//! A product's table, row by row: what each plan has of each feature is used up to its limit, and past it.
//!
//! ```text
//! flag      in the plan: allowed          not in it: 403 with the plan that has it
//! quota     limit - 1, 1 more, 1 more: 429 with all it has to say, nothing counted; a second before the window ends
//!           still 429; a limit by hand: 1 more; the next window: by the plan again
//!           where credits pay for more, without any: 402
//! capacity  limit - 1, 1 more, 1 more: 403; a limit by hand: 1 more; after its end 403; released, 1 again
//! ```

use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::refusal;
use super::stage::{Customer, Stage};
use super::table::{Cell, Kind, Plan, Row, Table, grouped};
use crate::client::Answer;
use crate::narrator::Narrator;

/// More than any limit.
const MUCH: u32 = 1_000_000_000;

/// Tells the whole table, a chapter a plan from this one on, and gives the customers, one on each plan.
pub async fn tell(narrator: &mut Narrator, chapter: usize, stage: &Stage, table: &Table) -> Vec<Customer> {
    let mut customers = Vec::new();
    for (index, plan) in table.plans.iter().enumerate() {
        narrator.chapter(&format!("{}. {} for {}, row by row.", chapter + index, plan.code, plan.told()));
        let mut customer = stage.customer_on(&plan.code.to_lowercase(), plan).await;
        for price in plan.prices.iter().filter(|price| price.interval != "month") {
            let id = format!("{}-by-the-{}", plan.code.to_lowercase(), price.interval);
            stage.customer(&id).await.start(price, &plan.code).await;
        }
        for row in &table.rows {
            let told = Walk { table, plan, index, row, customer: &mut customer }.told().await;
            narrator.tell(&format!("{}: {told}", row.feature));
        }
        customers.push(customer);
    }
    customers
}

/// Tells of every plan who is let through by a gate that asks for it. The customers are one on each plan, in order.
pub async fn gates(narrator: &mut Narrator, table: &Table, customers: &[Customer]) {
    for (wanted, needed) in table.plans.iter().enumerate() {
        let (mut refused, mut through) = (Vec::new(), Vec::new());
        for (index, customer) in customers.iter().enumerate() {
            let asked = customer.require_plan(&needed.code).await;
            let (plan, url) = (table.plans[index].code.as_str(), table.url_of(&needed.code));
            if index >= wanted {
                assert_eq!(asked.expect(200).at("/reason"), "plan_reached");
                through.push(plan);
                continue;
            }
            let values = json!({ "current_plan": plan, "plan_needed": needed.code, "upgrade_url": url });
            refusal::expect(&asked, 403, "PLAN_NOT_REACHED", &values);
            refused.push(plan);
        }
        let url = table.url_of(&needed.code);
        let shut = if refused.is_empty() {
            "nobody is refused".to_owned()
        } else {
            format!("{} refused with 403 PLAN_NOT_REACHED, see {url}", refused.join(", "))
        };
        narrator.tell(&format!("at least {}: {} let through; {shut}", needed.code, through.join(", ")));
    }
}

/// One cell of the table.
struct Walk<'a> {
    table: &'a Table,
    plan: &'a Plan,
    index: usize,
    row: &'a Row,
    customer: &'a mut Customer,
}

impl Walk<'_> {
    async fn told(mut self) -> String {
        match (self.row.kind, self.row.cells[self.index]) {
            (Kind::Flag, Cell::Yes) => self.switched_on().await,
            (Kind::Flag, Cell::No) => self.switched_off().await,
            (Kind::PerDay | Kind::PerPeriod | Kind::PerPeriodThenCredits, Cell::UpTo(limit)) => self.quota(limit).await,
            (Kind::PerDay | Kind::PerPeriod, Cell::Unlimited) => self.unlimited().await,
            (Kind::Capacity | Kind::Measured, Cell::UpTo(limit)) => self.capacity(limit).await,
            (Kind::Capacity | Kind::Measured, Cell::No) => self.no_capacity().await,
            (kind, cell) => panic!("{}: a {kind:?} is not {cell:?} in any product", self.row.feature),
        }
    }

    fn in_an_hour(&self) -> Timestamp {
        self.customer.now() + 1.hour()
    }

    /// The next larger plan with more than so much, as refusals name it.
    fn more_than(&self, limit: Decimal) -> (Value, Value) {
        let later = self.row.cells.iter().skip(self.index + 1);
        self.named(later.zip(&self.table.plans[self.index + 1..]).find(|(cell, _)| cell.exceeds(limit)))
    }

    /// The smallest plan that has it, as refusals name it.
    fn has_it(&self) -> (Value, Value) {
        self.named(self.row.cells.iter().zip(&self.table.plans).find(|(cell, _)| **cell != Cell::No))
    }

    fn named(&self, found: Option<(&Cell, &Plan)>) -> (Value, Value) {
        found.map_or((Value::Null, Value::Null), |(_, plan)| {
            (plan.code.clone().into(), self.table.url_of(&plan.code).into())
        })
    }

    fn not_in_plan(&self, refused: &Answer) -> String {
        let (plan, url) = self.has_it();
        let values = json!({
            "feature": self.row.feature, "current_plan": self.plan.code, "plan_needed": plan, "upgrade_url": url,
        });
        refusal::expect(refused, 403, "FEATURE_NOT_IN_PLAN", &values);
        format!("403 FEATURE_NOT_IN_PLAN, {}", see(&url))
    }

    async fn switched_on(&mut self) -> String {
        let feature = self.row.feature.as_str();
        assert_eq!(self.customer.require(feature).await.expect(200).at("/reason"), "included");
        let end = self.in_an_hour();
        self.customer.by_hand(feature, json!({ "enabled": false }), end).await;
        let values = json!({ "feature": feature, "reason": "pilot", "until": end.to_string() });
        refusal::expect(&self.customer.require(feature).await, 403, "FEATURE_SWITCHED_OFF", &values);
        self.customer.wait_until(end).await;
        self.customer.require(feature).await.expect(200);
        "yes; switched off by hand for an hour: 403 FEATURE_SWITCHED_OFF".to_owned()
    }

    async fn switched_off(&mut self) -> String {
        let feature = self.row.feature.as_str();
        let refused = self.not_in_plan(&self.customer.require(feature).await);
        assert_eq!(self.customer.check(feature).await.body["allowed"], false, "asked politely it is an answer");
        let end = self.in_an_hour();
        self.customer.by_hand(feature, json!({ "enabled": true }), end).await;
        assert_eq!(self.customer.require(feature).await.expect(200).at("/reason"), "overridden");
        self.customer.wait_until(end).await;
        self.not_in_plan(&self.customer.require(feature).await);
        format!("no: {refused}; switched on by hand for an hour: yes")
    }

    async fn unlimited(&mut self) -> String {
        let used = self.customer.consume(&self.row.feature, MUCH.into()).await.expect(200);
        assert_eq!((&used.body["usage"]["limit"], &used.body["usage"]["remaining"]), (&Value::Null, &Value::Null));
        format!("{} at once of unlimited", grouped(MUCH.into()))
    }

    async fn quota(&mut self, limit: Decimal) -> String {
        let feature = self.row.feature.as_str();
        let (end, window, next) = match self.row.kind {
            Kind::PerDay => (self.customer.midnight(), "day", "next day"),
            _ => (self.customer.end_of_period(), "billing_period", "next period"),
        };
        let just_below = self.up_to(limit).await;
        let refused = self.used_up(limit, window, end).await;
        self.customer.wait_until(end - 1.second()).await;
        self.used_up(limit, window, end).await;

        let by_hand = limit + Decimal::ONE;
        self.customer.by_hand(feature, json!({ "limit": by_hand.to_string() }), end).await;
        self.customer.consume(feature, Decimal::ONE).await.expect(200);
        self.used_up(by_hand, window, end).await;

        self.customer.wait_until(end).await;
        if self.row.kind != Kind::PerDay {
            self.customer.renew().await;
        }
        let again = self.next_window(limit).await;
        let shown = grouped(limit);
        let window = if window == "day" { "day" } else { "period" };
        format!(
            "{just_below} of {shown} a {window}; + 1: {refused}; {} by hand: + 1; {next}: {again}",
            grouped(by_hand)
        )
    }

    /// Uses all of a quota: to just below the limit, and one more.
    async fn up_to(&mut self, limit: Decimal) -> String {
        let below = limit - Decimal::ONE;
        if limit.is_zero() {
            return "0".to_owned();
        }
        if !below.is_zero() {
            let used = self.customer.consume(&self.row.feature, below).await.expect(200);
            assert_eq!((used.at("/usage/used"), used.at("/usage/remaining")), (below.to_string(), "1".to_owned()));
        }
        let used = self.customer.consume(&self.row.feature, Decimal::ONE).await.expect(200);
        assert_eq!((used.at("/usage/used"), used.at("/usage/remaining")), (limit.to_string(), "0".to_owned()));
        format!("{} + 1", grouped(below))
    }

    /// One more than the limit is refused with all that there is to say, and nothing is counted.
    async fn used_up(&self, limit: Decimal, window: &str, end: Timestamp) -> String {
        let refused = self.customer.consume(&self.row.feature, Decimal::ONE).await;
        assert_eq!(self.customer.used(&self.row.feature).await, limit.to_string(), "nothing is counted");
        if self.row.kind == Kind::PerPeriodThenCredits {
            let values = json!({ "balance": "0.00", "required": "0.05" });
            refusal::expect(&refused, 402, "INSUFFICIENT_CREDITS", &values);
            return "402 INSUFFICIENT_CREDITS, 0.05 needed".to_owned();
        }
        let (plan, url) = self.more_than(limit);
        let values = json!({
            "kind": "quota",
            "feature": self.row.feature,
            "limit": limit.to_string(),
            "used": limit.to_string(),
            "requested": "1",
            "window": window,
            "resets_at": end.to_string(),
            "current_plan": self.plan.code,
            "plan_needed": plan,
            "upgrade_url": url,
        });
        refusal::expect(&refused, 429, self.table.quota_code, &values);
        let left = end.duration_since(self.customer.now()).as_secs();
        assert_eq!(refused.retry_after, u64::try_from(left).ok(), "Retry-After counts to the end of the window");
        format!("429 {}, {}", self.table.quota_code, see(&url))
    }

    async fn next_window(&self, limit: Decimal) -> String {
        let answer = self.customer.consume(&self.row.feature, Decimal::ONE).await;
        if limit.is_zero() {
            return answer.expect(429).at("/status");
        }
        let answer = answer.expect(200);
        assert_eq!((answer.at("/usage/used"), answer.at("/usage/limit")), ("1".to_owned(), limit.to_string()));
        format!("1 of {}", grouped(limit))
    }

    async fn capacity(&mut self, limit: Decimal) -> String {
        let (feature, step) = (self.row.feature.as_str(), self.row.kind.step());
        let below = limit - step;
        if !below.is_zero() {
            self.customer.acquire(feature, below).await.expect(200);
        }
        let full = self.customer.acquire(feature, step).await.expect(200);
        assert_eq!(full.at("/level/level").parse::<Decimal>(), Ok(limit));
        let refused = self.too_much(limit, limit).await;

        let (by_hand, end) = (limit + step, self.in_an_hour());
        self.customer.by_hand(feature, json!({ "limit": by_hand.to_string() }), end).await;
        self.customer.acquire(feature, step).await.expect(200);
        self.too_much(by_hand, by_hand).await;

        self.customer.wait_until(end).await;
        self.too_much(limit, by_hand).await;
        self.customer.release(feature, step + step).await.expect(200);
        let again = self.customer.acquire(feature, step).await.expect(200);
        assert_eq!(again.at("/level/level").parse::<Decimal>(), Ok(limit));
        let (below, limit, by_hand) = (grouped(below), grouped(limit), grouped(by_hand));
        format!("{below} + {step} of {limit}; + {step}: {refused}; {by_hand} by hand: + {step}; released: + {step}")
    }

    /// More than the level may be is refused, and the level stays.
    async fn too_much(&self, limit: Decimal, level: Decimal) -> String {
        let step = self.row.kind.step();
        let refused = self.customer.acquire(&self.row.feature, step).await;
        let (plan, url) = self.more_than(limit);
        let values = json!({
            "feature": self.row.feature,
            "limit": limit.normalize().to_string(),
            "level": level.normalize().to_string(),
            "requested": step.to_string(),
            "current_plan": self.plan.code,
            "plan_needed": plan,
            "upgrade_url": url,
        });
        refusal::expect(&refused, 403, "CAPACITY_EXCEEDED", &values);
        assert_eq!(self.customer.used(&self.row.feature).await.parse::<Decimal>(), Ok(level), "the level stays");
        format!("403 CAPACITY_EXCEEDED, {}", see(&url))
    }

    async fn no_capacity(&mut self) -> String {
        let (feature, step) = (self.row.feature.as_str(), self.row.kind.step());
        let refused = self.not_in_plan(&self.customer.acquire(feature, step).await);
        let end = self.in_an_hour();
        self.customer.by_hand(feature, json!({ "limit": step.to_string() }), end).await;
        self.customer.acquire(feature, step).await.expect(200);
        self.customer.wait_until(end).await;
        self.not_in_plan(&self.customer.acquire(feature, step).await);
        self.customer.release(feature, step).await.expect(200);
        format!("no: {refused}; {step} by hand for an hour: + {step}; released")
    }
}

/// Where somebody who was refused is sent.
fn see(url: &Value) -> String {
    url.as_str().map_or_else(|| "no plan has more".to_owned(), |url| format!("see {url}"))
}
