//! How a catalog decides.

use super::{Answer, Catalog, Command, Definition, Event, Rejection};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::context::Context;

/// About what a published definition takes in memory.
const VERSION_BYTES: usize = 64 << 10;

impl Aggregate for Catalog {
    const TYPE: &'static str = "catalog";
    const STATE_VERSION: i32 = 2;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, _context: &Context) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Publish { definition } => self.decide_publish(definition),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, _events: &[Event], _context: &Context) -> Answer {
        Answer { version: self.latest().map_or(0, |latest| latest.version) }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.published() * VERSION_BYTES
    }
}

cqrs_aggregate!(Catalog);

impl Catalog {
    fn decide_publish(&self, definition: &Definition) -> Result<Vec<Event>, Rejection> {
        let Some(latest) = self.latest() else {
            return Ok(vec![Event::CatalogPublished { version: 1, definition: Box::new(definition.clone()) }]);
        };
        if latest.definition.product != definition.product {
            let expected = latest.definition.product.clone();
            return Err(Rejection::OtherProduct { expected, found: definition.product.clone() });
        }
        if let Some(gone) = latest.definition.plans.iter().find(|plan| definition.plan(&plan.code).is_none()) {
            return Err(Rejection::PlanRemoved { plan: gone.code.clone(), version: latest.version });
        }
        if latest.definition == *definition {
            return Ok(Vec::new());
        }

        // Past this line nothing may fail.
        let version = latest.version + 1;
        Ok(vec![Event::CatalogPublished { version, definition: Box::new(definition.clone()) }])
    }
}
