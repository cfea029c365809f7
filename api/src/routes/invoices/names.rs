//! How plans and features are called on invoices, and who sells them: what catalogs say.

use std::sync::Arc;

use documents::{Language, LineCode, wording};
use domain::catalog::{self, CatalogVersion, Seller, Wording};
use domain::stream::Owner;
use domain::subscription::{Item, Line};
use domain::{FeatureCode, Kind, PlanCode, ProductCode, State};

use crate::gate::Gate;
use crate::problem::Problem;

/// Countries whose customers read Spanish (ISO 3166).
const SPANISH: [&str; 20] = [
    "AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "ES", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "PY", "SV", "UY",
    "VE",
];

/// A catalog version, and those before it: a plan that is sold no more is still called by its name.
pub(super) struct Names {
    product: ProductCode,
    /// The newest first.
    versions: Vec<Arc<CatalogVersion>>,
}

impl Names {
    /// Those of a version of a product's catalog; of the newest, if none is named.
    pub(super) async fn of(gate: &Gate, product: &ProductCode, version: Option<u32>) -> Result<Self, Problem> {
        let look = move |state: &State| {
            let State::Catalog(catalog) = state else { return Vec::new() };
            let newest = catalog.latest().map_or(0, |latest| latest.version);
            (1..=version.unwrap_or(newest)).rev().filter_map(|version| catalog.version(version).cloned()).collect()
        };
        let versions = gate.inspect(Kind::Catalog, Owner::Product(product.clone()), look).await?;
        Ok(Self { product: product.clone(), versions })
    }

    /// Who sells.
    pub(super) fn seller(&self) -> Option<&Seller> {
        self.versions.first()?.definition.seller.as_ref()
    }

    /// What the product is called.
    pub(super) fn product(&self, language: Language) -> String {
        let name = self.versions.first().and_then(|version| version.definition.name.as_ref());
        called(name, language).unwrap_or_else(|| self.product.to_string())
    }

    /// The language of documents if nobody asks for one: that of the country they are sold from.
    pub(super) fn language(&self) -> Language {
        let country = self.seller().map(|seller| seller.country.to_string());
        let is_spanish = country.is_some_and(|country| SPANISH.contains(&country.as_str()));
        if is_spanish { Language::Spanish } else { Language::English }
    }

    fn plan(&self, code: &PlanCode, language: Language) -> String {
        let name = |version: &Arc<CatalogVersion>| called(version.definition.plan(code)?.name.as_ref(), language);
        self.versions.iter().find_map(name).unwrap_or_else(|| code.to_string())
    }

    fn feature(&self, code: &FeatureCode, language: Language) -> String {
        let name =
            |version: &Arc<CatalogVersion>| called(version.definition.features.get(code)?.name.as_ref(), language);
        self.versions.iter().find_map(name).unwrap_or_else(|| code.to_string())
    }

    /// A line in words.
    pub(super) fn text(&self, line: &Line, language: Language) -> String {
        let named = match &line.item {
            Item::Plan { plan, .. } | Item::ProrationCredit { plan } | Item::ProrationCharge { plan } => {
                self.plan(plan, language)
            }
            Item::Discount { code } => code.to_string(),
            Item::Metered { feature, .. } => self.feature(feature, language),
        };
        let (plan, feature, code) = (named.as_str(), named.as_str(), named.as_str());
        let code = match &line.item {
            Item::Plan { interval, .. } => LineCode::Plan { plan, interval: *interval },
            Item::ProrationCredit { .. } => LineCode::ProrationCredit { plan },
            Item::ProrationCharge { .. } => LineCode::ProrationCharge { plan },
            Item::Discount { .. } => LineCode::Discount { code, share: None },
            Item::Metered { .. } => LineCode::Metered { feature },
        };
        wording(&code, language)
    }
}

fn called(name: Option<&Wording>, language: Language) -> Option<String> {
    let language = match language {
        Language::Spanish => catalog::Language::Es,
        Language::English => catalog::Language::En,
    };
    Some(name?.in_language(language).to_owned())
}
