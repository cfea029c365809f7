//! Moving to a newer version of the catalog, on the same plan.

use super::course::Course;
use super::rejection::life;
use super::stage::Stage;
use super::{Event, Rejection};

impl Course<'_> {
    /// The context has the version that was asked for. The period being paid stays at the price it was sold for.
    pub(super) fn migrate(&mut self, version: u32) -> Result<(), Rejection> {
        let started = self.started()?;
        if let Stage::Canceled { at } = &started.stage {
            return Err(life::Rejection::Canceled { since: *at }.into());
        }
        let unknown = || Rejection::UnknownCatalogVersion { version, product: self.terms.product.clone() };
        let asked = self.context.catalog.as_ref().filter(|catalog| catalog.version == version);
        let catalog = asked.ok_or_else(unknown)?;
        let current = started.catalog_version;
        if version == current {
            return Ok(());
        }
        if version < current {
            return Err(Rejection::OlderCatalogVersion { version, current });
        }
        let missing = || Rejection::PlanNotInVersion { plan: started.plan.clone(), version };
        let sold = catalog.definition.plan(&started.plan).ok_or_else(missing)?;
        let not_sold = || Rejection::PriceNotInVersion {
            plan: started.plan.clone(),
            version,
            interval: started.interval,
            currency: started.price.currency,
        };
        let price = sold.price_in(started.interval, started.price.currency).ok_or_else(not_sold)?;

        // Past this line nothing may fail.
        let (plan, from, to) = (started.plan.clone(), current, version);
        self.happen(Event::CatalogMigrated { plan, from, to, price });
        Ok(())
    }
}
