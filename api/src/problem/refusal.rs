//! What the domain refused, as a problem: its class is the status, its members are the problem's.

use axum::http::StatusCode;
use domain::{Refusal, RefusalClass, Rejection, credit_ledger};

use super::{Problem, REJECTIONS};

fn status(class: RefusalClass) -> StatusCode {
    match class {
        RefusalClass::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalClass::Unknown => StatusCode::NOT_FOUND,
        RefusalClass::Conflict => StatusCode::CONFLICT,
        RefusalClass::NotEntitled => StatusCode::FORBIDDEN,
        RefusalClass::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
        RefusalClass::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// The field of a request whose value was refused; the domain knows commands, not requests.
fn field(code: &str) -> Option<&'static str> {
    Some(match code {
        "organization.unknown"
        | "referral.not_enrolled"
        | "subscription.not_started"
        | "subscription.awaiting_payment"
        | "subscription.canceled"
        | "subscription.invoices_open"
        | "subscription.not_paused"
        | "subscription.not_trialing"
        | "subscription.nothing_scheduled"
        | "subscription.past_due"
        | "subscription.paused"
        | "subscription.payment_method_required"
        | "subscription.suspended"
        | "subscription.trialing" => "organization",
        "organization.already_registered" => "id",
        "organization.unknown_product" | "catalog.other_product" => "product",
        "subscription.unknown_plan"
        | "subscription.already_started"
        | "subscription.plan_retired"
        | "subscription.same_plan"
        | "subscription.currency_not_sold" => "plan",
        "subscription.resumes_too_early" => "resumes_at",
        "discount.already_applied" | "discount.misfits" | "discount.too_many" | "discount.unknown" => "discount_code",
        "invoice.paid"
        | "invoice.settled"
        | "invoice.too_many_open"
        | "invoice.too_old"
        | "invoice.unknown"
        | "invoice.void"
        | "ledger.invoice_not_open" => "invoice",
        "ledger.payment_exceeds_invoice" | "invoice.credit_exceeds_invoice" | "payment.refund_exceeds_payment" => {
            "amount"
        }
        "payment.unknown" | "payment.too_many" | "payment.from_balance" | "payment.from_credits" => "payment",
        "subscription.interval_not_sold" => "interval",
        "payment.other_currency" | "ledger.invoice_in_other_currency" | "ledger.credits_pay_no_invoice" => "currency",
        "payment.nothing_due" | "payment.exceeds_due" => "amount",
        "ledger.unknown_feature"
        | "ledger.not_a_quota"
        | "ledger.not_a_capacity"
        | "organization.override_of_other_kind"
        | "FEATURE_NOT_IN_PLAN"
        | "FEATURE_SWITCHED_OFF" => "feature",
        "QUOTA_EXCEEDED"
        | "rate_limit_exceeded"
        | "CAPACITY_EXCEEDED"
        | "INSUFFICIENT_CREDITS"
        | "ledger.capture_exceeds_hold"
        | "ledger.release_exceeds_level"
        | "ledger.reversal_exceeds_consumption" => "quantity",
        "ledger.hold_not_open" | "ledger.hold_expired" | "ledger.too_many_holds" => "hold",
        "ledger.hold_expiry_out_of_range" | "ledger.lot_expires_too_soon" => "expires_at",
        "ledger.occurred_in_future" | "ledger.occurred_before_registration" => "occurred_at",
        "ledger.unknown_lot" => "lot",
        "ledger.revoke_exceeds_lot" => "amount",
        "ledger.unknown_alert" => "alert",
        "organization.override_not_a_value" => "value",
        "organization.override_ended" => "until",
        "organization.too_many_administrators" => "administrator",
        "organization.not_a_sandbox" | "organization.instant_out_of_range" => "instant",
        "organization.on_test_clock"
        | "organization.live_below"
        | "organization.too_many_on_test_clock"
        | "organization.no_test_clock" => "organization",
        "organization.clock_advancing" => "to",
        "subscription.unknown_catalog_version"
        | "subscription.older_catalog_version"
        | "subscription.plan_not_in_version"
        | "subscription.price_not_in_version" => "version",
        "referral.unknown_code"
        | "referral.code_taken"
        | "referral.self_referral"
        | "referral.already_sponsored"
        | "referral.cycle"
        | "referral.paid_already"
        | "referral.attribution_over" => "referral_code",
        "referral.refund_exceeds_payment" => "amount",
        "referral.payment_forgotten" => "payment",
        "catalog.plan_removed" | "discount.unknown_plan" => "plans",
        "discount.code_exists"
        | "discount.too_many_codes"
        | "discount.unknown_code"
        | "discount.retired"
        | "discount.ended"
        | "discount.used_up"
        | "discount.not_for_plan"
        | "discount.nothing_redeemed" => "discount_code",
        "discount.terms_impossible" => "terms",
        "discount.ends_too_soon" => "ends_at",
        "invoice_book.too_many_series" | "invoice_book.series_of_other_kind" => "series",
        _ => return None,
    })
}

/// When a used up allowance turns over, in whole seconds from the instant that it was for the organization.
fn reset_seconds(rejection: &Rejection) -> Option<u32> {
    match rejection {
        Rejection::CreditLedger(credit_ledger::Rejection::QuotaExceeded { resets_in_seconds, .. }) => {
            Some(*resets_in_seconds)
        }
        _ => None,
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let problem =
            Self::new(REJECTIONS, status(rejection.class()), rejection.code(), rejection.to_string(), rejection.hint());
        let members = rejection.members().into_iter();
        let problem = members.fold(problem, |problem, (name, value)| problem.with(name, value));
        let problem = match field(rejection.code()) {
            Some(field) => problem.with("field", field),
            None => problem,
        };
        match reset_seconds(&rejection) {
            Some(seconds) => problem.retry_after(seconds),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_names_something_wrong_is_told_the_field() {
        for rejection in Rejection::samples() {
            let told = field(rejection.code());
            assert!(
                told.is_some() || rejection.class() == RefusalClass::NotEntitled,
                "{}: which field of a request is refused?",
                rejection.code()
            );
        }
    }

    #[test]
    fn no_member_of_a_refusal_hides_a_part_of_the_problem() {
        for rejection in Rejection::samples() {
            let body = Problem::from(rejection.clone()).body();
            for (name, value) in rejection.members() {
                assert_eq!(body[name], value, "{} {name}", rejection.code());
            }
            assert_eq!(body["error"], rejection.code());
        }
    }
}
