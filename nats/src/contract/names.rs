//! What each event is called in public, and what it means, for people who automate on it. The names outlive a renaming
//! of the stored ones.

mod subscription;

use domain::{Event, catalog, credit_ledger, discount_book, invoice_book, organization, referral_tree};

/// The public names of an event's aggregate and of the event.
pub(super) fn names(event: &Event) -> (&'static str, &'static str) {
    match event {
        Event::Organization(event) => ("organization", of_organization(event).0),
        Event::Subscription(event) => ("subscription", subscription::told(event).0),
        Event::CreditLedger(event) => ("credit_ledger", of_credit_ledger(event).0),
        Event::ReferralTree(event) => ("referral_tree", of_referral_tree(event).0),
        Event::Catalog(event) => ("catalog", of_catalog(event).0),
        Event::InvoiceBook(event) => ("invoice_book", of_invoice_book(event).0),
        Event::DiscountBook(event) => ("discount_book", of_discount_book(event).0),
    }
}

/// What an event means.
#[must_use]
pub fn meaning(event: &Event) -> &'static str {
    match event {
        Event::Organization(event) => of_organization(event).1,
        Event::Subscription(event) => subscription::told(event).1,
        Event::CreditLedger(event) => of_credit_ledger(event).1,
        Event::ReferralTree(event) => of_referral_tree(event).1,
        Event::Catalog(event) => of_catalog(event).1,
        Event::InvoiceBook(event) => of_invoice_book(event).1,
        Event::DiscountBook(event) => of_discount_book(event).1,
    }
}

/// A name and a meaning.
type Told = (&'static str, &'static str);

fn of_organization(event: &organization::Event) -> Told {
    match event {
        organization::Event::OrganizationRegistered { .. } => (
            "organization_registered",
            "An organization became a customer of the product, or a `sandbox` for tests. `sponsor` is who \
             referred it.",
        ),
        organization::Event::FeatureOverridden { .. } => (
            "feature_overridden",
            "It was decided by hand what of a feature the organization may use, whatever its plan says: `on`, \
             `off`, a `value`, or a `limit` (absent where that is unlimited).",
        ),
        organization::Event::OverrideRemoved { .. } => {
            ("override_removed", "The plan says again what of a feature the organization may use.")
        }
        organization::Event::OrganizationSuspended { .. } => {
            ("organization_suspended", "The organization may read and pay, and use nothing.")
        }
        organization::Event::OrganizationResumed { .. } => {
            ("organization_resumed", "The organization may use things again.")
        }
        organization::Event::AdministratorAppointed { .. } => {
            ("administrator_appointed", "Somebody uses features without limit.")
        }
        organization::Event::AdministratorDismissed { .. } => {
            ("administrator_dismissed", "An administrator's use is limited as everybody's.")
        }
        organization::Event::BillingProfileSet { .. } => (
            "billing_profile_set",
            "Another billing profile: invoices name it from now on. What it says is kept outside events; `hash` proves \
             it.",
        ),
        organization::Event::InstantSet { .. } => ("instant_set", "It is another instant for a sandbox."),
        organization::Event::TestClockStarted { .. } => ("test_clock_started", "A sandbox holds a test clock."),
        organization::Event::TestClockJoined { .. } => {
            ("test_clock_joined", "A sandbox is on the test clock: the holder, or one below it.")
        }
        organization::Event::TestClockAdvanceRequested { .. } => {
            ("test_clock_advance_requested", "The test clock is to go to an instant.")
        }
        organization::Event::TestClockStepped { .. } => {
            ("test_clock_stepped", "The test clock went a step: all that was due before has happened.")
        }
        organization::Event::TestClockAdvanced { .. } => {
            ("test_clock_advanced", "The test clock is where it was to go, and all that was due has happened.")
        }
        organization::Event::TestClockFollowed { .. } => {
            ("test_clock_followed", "It is the instant of a test clock for a sandbox.")
        }
    }
}

fn of_credit_ledger(event: &credit_ledger::Event) -> Told {
    match event {
        credit_ledger::Event::CreditsGranted { .. } => (
            "credits_granted",
            "Credits can be spent from now on: bought (`purchased`), given by hand (`granted`), earned by a \
             referral (`commission`), or given back for a consumption (`refund`). What is left at `expires_at` is \
             lost.",
        ),
        credit_ledger::Event::CreditsClawedBack { .. } => (
            "credits_clawed_back",
            "A commission was taken back, because something of its payment was given back: `taken` from what was left of \
             it; `owed` is what the next commissions pay in all.",
        ),
        credit_ledger::Event::CommissionNetted { .. } => (
            "commission_netted",
            "A commission paid what was owed of earlier ones; what is left of it follows as `credits_granted`.",
        ),
        credit_ledger::Event::GrantScheduled { .. } => (
            "grant_scheduled",
            "Credits were given by hand that can be spent later; then they are told as `credits_granted`.",
        ),
        credit_ledger::Event::GrantCancelled { .. } => {
            ("grant_cancelled", "Of credits that were to come later, so many will not.")
        }
        credit_ledger::Event::CreditsRevoked { .. } => {
            ("credits_revoked", "Credits of one lot were taken away by hand.")
        }
        credit_ledger::Event::CreditsDeducted { .. } => {
            ("credits_deducted", "The balance was corrected downwards by hand.")
        }
        credit_ledger::Event::InvoicePaidFromCredits { .. } => (
            "invoice_paid_from_credits",
            "Credits were spent on an invoice; that it is paid by them is a `payment_recorded`.",
        ),
        credit_ledger::Event::InvoicePaymentReturned { .. } => (
            "invoice_payment_returned",
            "Credits came back that were to pay an invoice. Those whose lot is gone are a lot of kind `refund`.",
        ),
        credit_ledger::Event::LotExpired { .. } => ("lot_expired", "What was left of a lot was lost."),
        credit_ledger::Event::FeatureConsumed { .. } => (
            "feature_consumed",
            "Some of a feature was used. `limit` is what the plan includes in the window, absent where that is \
             unlimited; `carried` came from the window before; `overage` is what was past it and what it cost in \
             credits, `invoice` what goes on the next invoice for it; `waived` is an administrator's, neither \
             limited nor counted.",
        ),
        credit_ledger::Event::ConsumptionReversed { .. } => (
            "consumption_reversed",
            "A consumption was given back, all of it or a part. `restored` is what the allowance has again; \
             `credits` went back to their lots, more may follow as `credits_granted` of kind `refund`; `invoice` \
             is taken off the next invoice.",
        ),
        credit_ledger::Event::HoldPlaced { .. } => (
            "hold_placed",
            "Some of a feature was reserved for work that is about to be done. `credits` cannot be spent \
             meanwhile.",
        ),
        credit_ledger::Event::HoldCaptured { .. } => (
            "hold_captured",
            "Some of what a hold reserved was used; `left` is still held. What it had not reserved follows as \
             `feature_consumed`.",
        ),
        credit_ledger::Event::HoldExtended { .. } => ("hold_extended", "A hold lets go later than it said."),
        credit_ledger::Event::HoldReleased { .. } => (
            "hold_released",
            "A hold was let go of; what it had not used is free again, `credits` are back in their lots.",
        ),
        credit_ledger::Event::HoldExpired { .. } => (
            "hold_expired",
            "A hold let go by itself; what it had not used is free again, `credits` are back in their lots.",
        ),
        credit_ledger::Event::CapacityAcquired { .. } => {
            ("capacity_acquired", "The level of a capacity rose. `limit` is absent where it is unlimited.")
        }
        credit_ledger::Event::CapacityReleased { .. } => ("capacity_released", "The level of a capacity fell."),
        credit_ledger::Event::ThresholdsCrossed { .. } => (
            "thresholds_crossed",
            "A consumption reached one or more percentages of an allowance; each is told once per window.",
        ),
        credit_ledger::Event::CapacityThresholdsCrossed { .. } => {
            ("capacity_thresholds_crossed", "An acquisition reached one or more percentages of a capacity.")
        }
        credit_ledger::Event::CreditsRanLow { .. } => {
            ("credits_ran_low", "The balance fell below what the catalog calls low.")
        }
        credit_ledger::Event::AlertAcknowledged { .. } => ("alert_acknowledged", "Somebody has seen an alert."),
        credit_ledger::Event::TopUpRuleSet { .. } => (
            "top_up_rule_set",
            "Below so many credits, so many are to be bought, at most so often in a calendar month.",
        ),
        credit_ledger::Event::TopUpRuleRemoved { .. } => {
            ("top_up_rule_removed", "No credits are to be bought by rule any more.")
        }
        credit_ledger::Event::TopUpRequested { .. } => (
            "top_up_requested",
            "The balance fell below the rule: credits are to be bought. Once they are, they follow as \
             `credits_granted`.",
        ),
    }
}

fn of_referral_tree(event: &referral_tree::Event) -> Told {
    match event {
        referral_tree::Event::OrganizationEnrolled { .. } => {
            ("organization_enrolled", "An organization can refer others with its code.")
        }
        referral_tree::Event::ReferralAttributed { .. } => {
            ("referral_attributed", "An organization has a sponsor, for ever.")
        }
        referral_tree::Event::CommissionAccrued { .. } => (
            "commission_accrued",
            "A payment earned a referrer a commission; the credits follow as `credits_granted` once it matures. \
             `level` is 1 for the direct referrer.",
        ),
        referral_tree::Event::FirstPaymentMade { .. } => {
            ("first_payment_made", "An organization paid for the first time; no sponsor can be named any more.")
        }
        referral_tree::Event::PayerSimulated { .. } => {
            ("payer_simulated", "What the payments of an organization earn waits by a test clock from now on.")
        }
        referral_tree::Event::CommissionMatured { .. } => (
            "commission_matured",
            "A commission has waited long enough: its credits are granted now, less what was taken back of it before.",
        ),
        referral_tree::Event::CommissionClawedBack { .. } => (
            "commission_clawed_back",
            "Something of a payment was given back, and its share of the commission is taken back: from the ledger, if \
             it had `matured`, else that much less will be granted. `clawed_back_total` is all of it so far.",
        ),
    }
}

fn of_catalog(event: &catalog::Event) -> Told {
    match event {
        catalog::Event::CatalogPublished { .. } => {
            ("catalog_published", "A version of the product's plans and prices was published; the API has all of it.")
        }
    }
}

fn of_invoice_book(event: &invoice_book::Event) -> Told {
    match event {
        invoice_book::Event::InvoiceNumbered { .. } => {
            ("invoice_numbered", "An invoice has its number; the numbers of a series have no gaps.")
        }
        invoice_book::Event::CreditNoteNumbered { .. } => {
            ("credit_note_numbered", "A credit note has its number; the numbers of a series have no gaps.")
        }
    }
}

fn of_discount_book(event: &discount_book::Event) -> Told {
    match event {
        discount_book::Event::CodeCreated { .. } => (
            "discount_code_created",
            "A code gives a discount, `percent` or `amount`: `once`, for a number of `periods`, or `forever`; for some \
             `plans`, or for all if none are named.",
        ),
        discount_book::Event::CodeRetired { .. } => {
            ("discount_code_retired", "A code cannot be redeemed any more. Whoever has, keeps the discount.")
        }
        discount_book::Event::CodeRedeemed { .. } => ("discount_code_redeemed", "An organization redeemed a code."),
        discount_book::Event::RedemptionReturned { .. } => (
            "discount_redemption_returned",
            "A redemption does not count: the organization's subscription did not take the discount.",
        ),
    }
}
