//! Test clocks of sandboxes: who may hold one, who is on it, and how it goes.

use super::super::Below;
use super::super::test_clock::MEMBERS_MAX;
use super::*;

pub(super) const MARCH: &str = "2026-03-01T00:00:00Z";
pub(super) const APRIL: &str = "2026-04-01T00:00:00Z";
pub(super) const MAY: &str = "2026-05-01T00:00:00Z";

fn below(organization: &str, environment: Environment, follows: Option<&str>) -> Below {
    let registered_at = Some(instant("2026-01-31T12:00:01Z"));
    Below { organization: id(organization), environment, registered_at, follows: follows.map(id) }
}

fn start_clock(now: &str, below: Vec<Below>) -> Command {
    Command::StartTestClock { instant: instant(now), actor: id("operator-7"), below }
}

fn advance(to: &str) -> Command {
    Command::AdvanceTestClock { to: instant(to), actor: id("operator-7") }
}

fn step(to: &str) -> Command {
    Command::StepTestClock { instant: instant(to) }
}

fn follow(holder: &str, now: &str) -> Command {
    Command::FollowTestClock { holder: id(holder), instant: instant(now) }
}

fn admit(member: &str) -> Command {
    Command::AdmitToTestClock { member: id(member), registered_at: None }
}

pub(super) fn joined(member: &str, registered_at: &str) -> Event {
    Event::TestClockJoined { member: id(member), registered_at: Some(instant(registered_at)) }
}

pub(super) fn going_to(to: &str) -> Event {
    Event::TestClockAdvanceRequested { to: instant(to), actor: id("operator-7") }
}

pub(super) fn stepped(to: &str) -> Event {
    Event::TestClockStepped { instant: instant(to) }
}

pub(super) fn followed(holder: &str, now: &str) -> Event {
    Event::TestClockFollowed { holder: id(holder), instant: instant(now) }
}

pub(super) fn started() -> Event {
    Event::TestClockStarted { instant: instant(MARCH), actor: id("operator-7") }
}

/// Maria, who holds a clock that shows March.
fn on_clock<const N: usize>(since: [Event; N]) -> Scenario<Organization> {
    let history = [sandbox(), started(), joined("maria", START), followed("maria", MARCH)];
    Scenario::given(history.into_iter().chain(since)).at(MARCH)
}

#[test]
fn a_test_clock_is_for_a_sandbox_and_all_below_it_by_registration() {
    let below_it = vec![below("pedro", Environment::Sandbox, None)];
    given([sandbox()]).when(start_clock(MARCH, below_it)).then([
        started(),
        joined("maria", START),
        joined("pedro", "2026-01-31T12:00:01Z"),
        followed("maria", MARCH),
    ]);
    on_clock([]).when(admit("maria")).then_nothing();
    on_clock([]).when(admit("ana")).then([Event::TestClockJoined { member: id("ana"), registered_at: None }]);
}

#[test]
fn a_live_organization_is_on_no_test_clock() {
    let refused = || expect!["organization maria is live, its instant cannot be set"];
    given([registered(None)]).when(start_clock(MARCH, Vec::new())).then_rejected(refused());
    given([registered(None)]).when(advance(MARCH)).then_rejected(refused());
    given([registered(None)]).when(follow("juan", MARCH)).then_rejected(refused());
    given([sandbox()])
        .when(start_clock(MARCH, vec![below("pedro", Environment::Live, None)]))
        .then_rejected(expect!["organization pedro is live, and below maria in the referral tree"]);
}

#[test]
fn an_organization_is_on_one_test_clock_and_on_no_other_instant() {
    let refused = || expect!["organization maria is on the test clock of maria"];
    on_clock([]).when(start_clock(APRIL, Vec::new())).then_rejected(refused());
    on_clock([]).when(set(APRIL)).then_rejected(refused());
    on_clock([]).when(follow("juan", APRIL)).then_rejected(refused());
    given([sandbox()])
        .when(start_clock(MARCH, vec![below("pedro", Environment::Sandbox, Some("juan"))]))
        .then_rejected(expect!["organization pedro is on the test clock of juan"]);
}

#[test]
fn a_test_clock_goes_forward_step_by_step_up_to_where_it_is_to_go() {
    let clock = || on_clock([going_to(MAY)]);
    on_clock([]).when(advance(MAY)).then([going_to(MAY)]);
    on_clock([]).when(advance(MARCH)).then_nothing();
    on_clock([]).when(advance("2026-02-28T23:59:59Z")).then_rejected(expect![
        "instant 2026-02-28T23:59:59Z is not between 2026-03-01T00:00:00Z and 2036-03-01T00:00:00Z"
    ]);
    clock().when(advance(APRIL)).then_rejected(expect!["the test clock is on its way to 2026-05-01T00:00:00Z"]);
    clock().when(step(APRIL)).then([stepped(APRIL)]);
    clock().when(step(MARCH)).then_nothing();
    clock().when(step("2026-05-01T00:00:01Z")).then_nothing();
    on_clock([]).when(step(APRIL)).then_nothing();
    let end = || Command::EndTestClockAdvance { to: instant(MAY) };
    clock().when(end()).then_nothing();
    let there = || on_clock([going_to(MAY), stepped(MAY)]);
    there().when(end()).then([Event::TestClockAdvanced { to: instant(MAY) }]);
    given([sandbox()]).when(advance(MAY)).then_rejected(expect!["organization maria holds no test clock"]);
}

#[test]
fn a_member_follows_the_clock_and_never_goes_back() {
    given([sandbox()]).when(follow("juan", MARCH)).then([followed("juan", MARCH)]);
    let member = || given([sandbox(), followed("juan", APRIL)]).at(APRIL);
    member().when(follow("juan", MAY)).then([followed("juan", MAY)]);
    member().when(follow("juan", MARCH)).then_nothing();
    // It was ahead when it joined: there it waits for the clock.
    given([sandbox(), was_set(APRIL)]).at(APRIL).when(follow("juan", MARCH)).then([followed("juan", APRIL)]);
}

/// The codes of the refusals that are about clocks, in the order of the checks.
pub(super) fn reached() -> Vec<&'static str> {
    let many = |environment| vec![below("pedro", environment, None); MEMBERS_MAX];
    vec![
        given([sandbox()]).when(start_clock(MARCH, vec![below("pedro", Environment::Live, Some("juan"))])).code(),
        given([sandbox()]).when(start_clock(MARCH, many(Environment::Live))).code(),
        given([sandbox()]).when(start_clock(MARCH, many(Environment::Sandbox))).code(),
        given([sandbox()]).when(advance("2026-01-01T00:00:00Z")).code(),
        on_clock([going_to(MAY)]).when(advance(MAY)).code(),
    ]
}
