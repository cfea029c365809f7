//! The routes. A handler does four things: parse, authorize (its guard did), execute, render.

mod catalogs;
mod credits;
mod entitlements;
mod operations;
mod organizations;
mod referrals;
mod subscription;
mod usage;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Scope, guard};
use crate::gate::Gate;

/// Every route with the scope it needs; the last two need none.
pub(crate) fn all() -> OpenApiRouter<Gate> {
    OpenApiRouter::default()
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::register_organization)))
        .routes(guard(Scope::Read, routes!(organizations::list_organizations)))
        .routes(guard(Scope::Read, routes!(organizations::get_organization)))
        .routes(guard(Scope::OrganizationsWrite, routes!(referrals::name_sponsor)))
        .routes(guard(Scope::Read, routes!(referrals::get_referrals)))
        .routes(guard(Scope::Read, routes!(referrals::list_commissions)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::start_subscription)))
        .routes(guard(Scope::PaymentsWrite, routes!(subscription::record_payment)))
        .routes(guard(Scope::UsageWrite, routes!(usage::consume_feature)))
        .routes(guard(Scope::UsageWrite, routes!(usage::batch::consume_batch)))
        .routes(guard(Scope::Read, routes!(usage::list_usage)))
        .routes(guard(Scope::Read, routes!(usage::list_alerts)))
        .routes(guard(Scope::Read, routes!(entitlements::list_entitlements)))
        .routes(guard(Scope::Read, routes!(entitlements::get_entitlement)))
        .routes(guard(Scope::Read, routes!(entitlements::check::check_entitlements)))
        .routes(guard(Scope::Read, routes!(entitlements::get_gate)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::top_up)))
        .routes(guard(Scope::Read, routes!(credits::get_balance)))
        .routes(guard(Scope::Read, routes!(credits::get_statement)))
        .routes(guard(Scope::CatalogsWrite, routes!(catalogs::publish_catalog)))
        .routes(guard(Scope::Read, routes!(catalogs::list_plans)))
        .routes(routes!(operations::get_health))
        .routes(routes!(operations::get_metrics))
}
