//! The routes. A handler does four things: parse, authorize (its guard did), execute, render.

mod alerts;
mod billing_profile;
mod capacities;
mod catalogs;
mod credits;
mod discount_codes;
mod discounts;
mod entitlements;
mod holds;
mod invoices;
mod look;
mod operations;
mod organizations;
mod referrals;
mod revenue;
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
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::overrides::override_feature)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::overrides::remove_override)))
        .routes(guard(Scope::Read, routes!(organizations::overrides::list_overrides)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::standing::suspend_organization)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::standing::resume_organization)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::standing::set_instant)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::test_clock::start_test_clock)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::test_clock::advance_test_clock)))
        .routes(guard(Scope::Read, routes!(organizations::test_clock::get_test_clock)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::administrators::appoint_administrator)))
        .routes(guard(Scope::OrganizationsWrite, routes!(organizations::administrators::dismiss_administrator)))
        .routes(guard(Scope::Read, routes!(organizations::administrators::list_administrators)))
        .routes(guard(Scope::OrganizationsWrite, routes!(referrals::name_sponsor)))
        .routes(guard(Scope::Read, routes!(referrals::get_referrals)))
        .routes(guard(Scope::Read, routes!(referrals::network::get_network)))
        .routes(guard(Scope::Read, routes!(referrals::list_commissions)))
        .routes(guard(Scope::Read, routes!(referrals::statement::get_commission_statement)))
        .routes(guard(Scope::Read, routes!(referrals::statement::get_commission_statement_csv)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::start_subscription)))
        .routes(guard(Scope::Read, routes!(invoices::upcoming::get_subscription)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::changes::change_plan)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::changes::revoke_scheduled_change)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::changes::cancel_subscription)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::changes::pause_subscription)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::changes::resume_subscription)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::changes::end_trial)))
        .routes(guard(Scope::PaymentsWrite, routes!(subscription::record_payment)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::payment_method::attach_payment_method)))
        .routes(guard(Scope::OrganizationsWrite, routes!(subscription::payment_method::detach_payment_method)))
        .routes(guard(Scope::OrganizationsWrite, routes!(billing_profile::set_billing_profile)))
        .routes(guard(Scope::Read, routes!(billing_profile::get_billing_profile)))
        .routes(guard(Scope::OrganizationsWrite, routes!(billing_profile::erase_billing_profile)))
        .routes(guard(Scope::Read, routes!(invoices::list_invoices)))
        .routes(guard(Scope::Read, routes!(invoices::upcoming::get_draft)))
        .routes(guard(Scope::Read, routes!(invoices::get_invoice)))
        .routes(guard(Scope::PaymentsWrite, routes!(invoices::changes::void_invoice)))
        .routes(guard(Scope::PaymentsWrite, routes!(invoices::changes::issue_credit_note)))
        .routes(guard(Scope::Read, routes!(invoices::credit_notes::list_credit_notes)))
        .routes(guard(Scope::Read, routes!(invoices::credit_notes::get_credit_note)))
        .routes(guard(Scope::Read, routes!(invoices::payments::list_payments)))
        .routes(guard(Scope::PaymentsWrite, routes!(invoices::payments::refund_payment)))
        .routes(guard(Scope::Read, routes!(invoices::upcoming::get_upcoming)))
        .routes(guard(Scope::Read, routes!(invoices::upcoming::preview_change)))
        .routes(guard(Scope::UsageWrite, routes!(usage::consume_feature)))
        .routes(guard(Scope::UsageWrite, routes!(usage::batch::consume_batch)))
        .routes(guard(Scope::Read, routes!(usage::list_usage)))
        .routes(guard(Scope::Read, routes!(usage::summary::summarize_usage)))
        .routes(guard(Scope::Read, routes!(usage::summary::summarize_product_usage)))
        .routes(guard(Scope::Read, routes!(revenue::mrr::get_mrr)))
        .routes(guard(Scope::Read, routes!(revenue::sums::get_revenue)))
        .routes(guard(Scope::Read, routes!(revenue::conversions::get_conversions)))
        .routes(guard(Scope::UsageWrite, routes!(usage::reversal::reverse_usage)))
        .routes(guard(Scope::UsageWrite, routes!(holds::place_hold)))
        .routes(guard(Scope::UsageWrite, routes!(holds::capture_hold)))
        .routes(guard(Scope::UsageWrite, routes!(holds::release_hold)))
        .routes(guard(Scope::UsageWrite, routes!(holds::extend_hold)))
        .routes(guard(Scope::Read, routes!(holds::list_holds)))
        .routes(guard(Scope::UsageWrite, routes!(capacities::acquire_capacity)))
        .routes(guard(Scope::UsageWrite, routes!(capacities::release_capacity)))
        .routes(guard(Scope::Read, routes!(alerts::list_alerts)))
        .routes(guard(Scope::UsageWrite, routes!(alerts::acknowledge_alert)))
        .routes(guard(Scope::Read, routes!(entitlements::list_entitlements)))
        .routes(guard(Scope::Read, routes!(entitlements::get_entitlement)))
        .routes(guard(Scope::Read, routes!(entitlements::check::check_entitlements)))
        .routes(guard(Scope::Read, routes!(entitlements::get_gate)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::top_up)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::lots::grant_credits)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::lots::revoke_lot)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::lots::adjust_credits)))
        .routes(guard(Scope::Read, routes!(credits::lots::list_lots)))
        .routes(guard(Scope::UsageWrite, routes!(credits::lots::settle)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::top_up_rule::set_top_up_rule)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::top_up_rule::remove_top_up_rule)))
        .routes(guard(Scope::Read, routes!(credits::top_up_rule::get_top_up_rule)))
        .routes(guard(Scope::PaymentsWrite, routes!(credits::invoices::pay_from_credits)))
        .routes(guard(Scope::Read, routes!(credits::get_balance)))
        .routes(guard(Scope::Read, routes!(credits::get_statement)))
        .routes(guard(Scope::OrganizationsWrite, routes!(discounts::redeem_code)))
        .routes(guard(Scope::OrganizationsWrite, routes!(discounts::end_discount)))
        .routes(guard(Scope::Read, routes!(discounts::list_discounts)))
        .routes(guard(Scope::CatalogsWrite, routes!(discount_codes::create_code)))
        .routes(guard(Scope::CatalogsWrite, routes!(discount_codes::retire_code)))
        .routes(guard(Scope::Read, routes!(discount_codes::list_codes)))
        .routes(guard(Scope::Read, routes!(discount_codes::get_code)))
        .routes(guard(Scope::CatalogsWrite, routes!(catalogs::publish_catalog)))
        .routes(guard(Scope::Read, routes!(catalogs::list_plans)))
        .routes(routes!(operations::get_health))
        .routes(routes!(operations::get_metrics))
}
