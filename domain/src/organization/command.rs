//! What may be asked of an organization.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::test_clock::Below;
use super::{BillingProfile, Environment, OverrideValue, Sponsorship};
use crate::calendar::Zone;
use crate::id::{ActorId, FeatureCode, OrganizationId, ProductCode};
use crate::text::ReasonText;

/// A command to an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Register it as a customer of a product.
    Register {
        /// Its id, the name of its streams.
        organization: OrganizationId,
        /// The product it buys.
        product: ProductCode,
        /// Where its days begin and end.
        time_zone: Zone,
        /// Who referred it, already resolved from the code it gave by the product's referral tree.
        sponsor: Option<Sponsorship>,
        /// Is it a customer, or somebody's test?
        #[serde(default, skip_serializing_if = "Environment::is_live")]
        environment: Environment,
    },
    /// Decide by hand what of a feature it may use, whatever its plan says.
    OverrideFeature {
        /// The feature.
        feature: FeatureCode,
        /// What is decided.
        value: OverrideValue,
        /// Why.
        reason: ReasonText,
        /// Who decides it.
        actor: ActorId,
        /// When it ends; `None` is never.
        until: Option<Timestamp>,
    },
    /// Let the plan say again what of a feature it may use.
    RemoveOverride {
        /// The feature.
        feature: FeatureCode,
        /// Why.
        reason: ReasonText,
        /// Who decides it.
        actor: ActorId,
    },
    /// Let it use nothing any more.
    Suspend {
        /// Why.
        reason: ReasonText,
        /// Who decides it.
        actor: ActorId,
    },
    /// Let it use things again.
    Resume {
        /// Why.
        reason: ReasonText,
        /// Who decides it.
        actor: ActorId,
    },
    /// Let somebody use features without limit.
    AppointAdministrator {
        /// Who.
        administrator: ActorId,
        /// Who decides it.
        actor: ActorId,
    },
    /// Limit an administrator's use as everybody's.
    DismissAdministrator {
        /// Who.
        administrator: ActorId,
        /// Who decides it.
        actor: ActorId,
    },
    /// Say what the next invoices say of it.
    SetBillingProfile {
        /// The profile.
        profile: BillingProfile,
    },
    /// Say what instant it is for a sandbox organization. It is that instant until another one is set.
    SetInstant {
        /// The instant; not before the one it is now.
        instant: Timestamp,
        /// Who sets it.
        actor: ActorId,
    },
    /// Put a sandbox organization, and with it the sandboxes below it in the referral tree, on a test clock.
    StartTestClock {
        /// What it shows; not before the instant it is for the organization.
        instant: Timestamp,
        /// Who starts it.
        actor: ActorId,
        /// Whom it refers, and whom these refer, as their streams say now. The caller was not asked for it, so it is no
        /// part of what makes a repeated command the same.
        #[serde(skip)]
        below: Vec<Below>,
    },
    /// Let the holder's test clock count for another sandbox.
    AdmitToTestClock {
        /// The sandbox; it is below the holder in the referral tree.
        member: OrganizationId,
        /// Since when it is registered: of what is due at one instant, the older organization's happens first.
        registered_at: Option<Timestamp>,
    },
    /// Let the test clock go to an instant, step by step, and everything happen that is due on the way.
    AdvanceTestClock {
        /// The instant.
        to: Timestamp,
        /// Who lets it.
        actor: ActorId,
    },
    /// Let the test clock go a step further: to where something is due next, or to where it is to go.
    StepTestClock {
        /// The instant of the step.
        instant: Timestamp,
    },
    /// Everything due up to where the test clock was to go has happened.
    EndTestClockAdvance {
        /// Where it was to go.
        to: Timestamp,
    },
    /// Be on a holder's test clock, at the instant it shows.
    FollowTestClock {
        /// Whose clock it is.
        holder: OrganizationId,
        /// What it shows.
        instant: Timestamp,
    },
}
