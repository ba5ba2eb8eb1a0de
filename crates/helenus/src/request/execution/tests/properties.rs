//! What holds whatever happens, in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// Something that happens, or tries to.
#[derive(Debug, Clone)]
enum Event {
    /// If one is awaited: the plan's next host, or its end.
    Host(bool),
    Answered(AttemptId),
    KeyspaceSet(AttemptId),
    SchemaChanged(AttemptId),
    Refused(AttemptId, Refusal),
    Failed(AttemptId, bool),
    Busy(AttemptId),
    /// One of the hosts that are waited for has room.
    Room(usize),
    NoRoom(bool),
    Undecodable(AttemptId),
    Decided(AttemptId, Verdict),
    Speculation(bool),
    Prepared(AttemptId, Option<bool>),
    Settled(bool),
    Timer(u64),
    Cancelled,
}

#[derive(Debug, Clone, Copy)]
enum Refusal {
    Overloaded,
    Unavailable,
    Unprepared,
    Syntax,
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    let pauses = prop_oneof![4 => Just(Duration::ZERO), 4 => (1_u64..5).prop_map(Duration::from_secs), 1 => Just(Duration::MAX)];
    prop_oneof![
        4 => (any::<bool>(), any::<bool>(), pauses).prop_map(|(same_host, lower, after)| Verdict::Again {
            same_host,
            consistency: lower.then_some(Consistency::One),
            after,
        }),
        1 => Just(Verdict::Rethrow),
        1 => Just(Verdict::Refused(NotRetried::BudgetSpent)),
        1 => Just(Verdict::Ignore),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let refusals = prop::sample::select(vec![
        Refusal::Overloaded,
        Refusal::Unavailable,
        Refusal::Unprepared,
        Refusal::Unprepared,
        Refusal::Syntax,
    ]);
    let id = || 0_u32..5;
    let event = prop_oneof![
        8 => any::<u8>().prop_map(|n| Event::Host(n % 8 != 0)),
        1 => id().prop_map(Event::Answered),
        1 => id().prop_map(Event::KeyspaceSet),
        1 => id().prop_map(Event::SchemaChanged),
        6 => (id(), refusals).prop_map(|(id, refusal)| Event::Refused(id, refusal)),
        4 => (id(), any::<bool>()).prop_map(|(id, written)| Event::Failed(id, written)),
        6 => id().prop_map(Event::Busy),
        4 => (0_usize..3).prop_map(Event::Room),
        1 => any::<bool>().prop_map(Event::NoRoom),
        1 => id().prop_map(Event::Undecodable),
        6 => (id(), verdicts()).prop_map(|(id, verdict)| Event::Decided(id, verdict)),
        4 => any::<bool>().prop_map(Event::Speculation),
        4 => (id(), prop::option::of(any::<bool>())).prop_map(|(id, how)| Event::Prepared(id, how)),
        1 => any::<bool>().prop_map(Event::Settled),
        4 => (0_u64..3).prop_map(Event::Timer),
        1 => Just(Event::Cancelled),
    ];
    prop::collection::vec(event, 0..60)
}

/// What the world knows of the request.
#[derive(Default)]
struct World {
    /// Hosts that were asked for and not given.
    wanted: u32,
    /// Speculative attempts that were asked for.
    may_speculate: u32,
    hosts: u32,
    /// Attempts that a connection holds.
    seated: BTreeSet<AttemptId>,
    prepared: BTreeMap<char, u32>,
    /// The hosts for which it waits in the queue.
    queued: Vec<char>,
    /// An attempt may have run, as far as anyone can tell.
    ran: bool,
    over: bool,
    outcomes: u32,
}

impl World {
    /// The input that the event is, and what it says of the world; `None` where it cannot happen.
    fn input(&mut self, event: Event, now: &mut Instant) -> Option<Input<char>> {
        Some(match event {
            Event::Host(some) => {
                self.wanted = self.wanted.checked_sub(1)?;
                self.hosts += 1;
                Input::NextHost(some.then(|| char::from_u32(u32::from('a') + self.hosts)).flatten())
            }
            Event::Answered(id) => self.answer(id, Answer::Plain(envelope())),
            Event::KeyspaceSet(id) => self.answer(id, Answer::KeyspaceSet(envelope(), "ks".into())),
            Event::SchemaChanged(id) => self.answer(id, Answer::SchemaChanged(envelope(), change())),
            Event::Refused(id, refusal) => {
                let error = match refusal {
                    Refusal::Overloaded => overloaded(),
                    Refusal::Unavailable => unavailable(),
                    Refusal::Unprepared => unprepared(),
                    Refusal::Syntax => syntax(),
                };
                self.ran |= self.seated.contains(&id) && matches!(refusal, Refusal::Overloaded);
                self.answer(id, Answer::Error(Box::new(error)))
            }
            Event::Failed(id, written) => {
                self.ran |= self.seated.remove(&id) && written;
                Input::Failed(id, lost(), written)
            }
            Event::Busy(id) => {
                self.seated.remove(&id);
                Input::Failed(id, busy(), false)
            }
            Event::Room(nth) => {
                let host = *self.queued.get(nth)?;
                self.queued.clear();
                Input::Room(host)
            }
            Event::NoRoom(full) => {
                self.queued.clear();
                Input::NoRoom(full.then(Default::default))
            }
            Event::Undecodable(id) => {
                self.ran |= self.seated.remove(&id);
                Input::Failed(id, AttemptError::Decode(DecodeError::new("RESULT", 0, "no")), true)
            }
            Event::Decided(id, verdict) => Input::Retry(id, verdict),
            Event::Speculation(granted) => {
                self.may_speculate = self.may_speculate.checked_sub(1)?;
                Input::Speculation(granted)
            }
            Event::Prepared(id, None) => Input::Prepared(id, Ok(())),
            Event::Prepared(id, Some(true)) => {
                Input::Prepared(id, Err(AttemptError::Server(Box::new(overloaded()))))
            }
            Event::Prepared(id, Some(false)) => Input::Prepared(id, Err(lost())),
            Event::Settled(true) => Input::KeyspaceSet,
            Event::Settled(false) => Input::SchemaSettled,
            Event::Timer(seconds) => {
                *now += Duration::from_secs(seconds);
                Input::TimerFired
            }
            Event::Cancelled => Input::Cancelled,
        })
    }

    fn answer(&mut self, id: AttemptId, answer: Answer) -> Input<char> {
        self.seated.remove(&id);
        Input::Responded(id, answer)
    }

    fn perform(&mut self, action: &Action<char>) -> Result<(), TestCaseError> {
        prop_assert!(!self.over, "{action:?} after the end");
        match *action {
            Action::WantHost => self.wanted += 1,
            Action::AskSpeculation => self.may_speculate += 1,
            Action::Attempt { id, .. } => {
                prop_assert!(self.seated.insert(id), "{id} was sent twice at a time");
            }
            Action::Orphan { id, .. } => prop_assert!(self.seated.remove(&id), "{id} is nobody's orphan"),
            Action::Prepare { host, .. } => {
                let times = self.prepared.entry(host).or_default();
                *times += 1;
                prop_assert_eq!(*times, 1, "{} was asked to prepare again", host);
            }
            Action::Done(_) => {
                self.outcomes += 1;
                self.over = true;
            }
            Action::WaitForRoom(ref hosts) => {
                prop_assert!(self.queued.is_empty(), "it waits already");
                prop_assert!(!hosts.is_empty() && self.seated.is_empty());
                self.queued = hosts.to_vec();
            }
            Action::LeaveQueue => {
                prop_assert!(!self.queued.is_empty(), "it does not wait");
                self.queued.clear();
            }
            Action::AskRetry { .. } | Action::SetKeyspace(_) | Action::AwaitSchema(..) => {}
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn one_outcome_nothing_after_it_and_nothing_left_behind(
        events in events(),
        idempotent in any::<bool>(),
        policy_decides in any::<bool>(),
        waits in prop::collection::vec(0_u64..4, 0..3),
    ) {
        let mut now = Instant::now();
        let deadline = now + 12 * SECOND;
        let limits = Limits {
            deadline: Some(deadline),
            timeout: Some(12 * SECOND),
            idempotent,
            policy_decides,
            written_apart: false,
            speculation: waits.into_iter().map(Duration::from_secs).collect(),
        };
        let mut execution = Execution::new(limits);
        let mut world = World { wanted: 0, ..World::default() };
        for action in execution.handle(Input::Start, now) {
            world.perform(&action)?;
        }
        let last = [Event::Timer(12), Event::Settled(true)];
        for event in events.into_iter().chain(last) {
            let cancelled = matches!(event, Event::Cancelled);
            let ran_before = world.ran;
            let Some(input) = world.input(event, &mut now) else { continue };
            let mut short = execution.clone();
            let concludes = match &input {
                Input::Responded(id, Answer::Plain(_)) => short.conclude(*id).is_some(),
                _ => false,
            };
            let actions = execution.handle(input, now);
            if concludes {
                // The short way leaves nothing undone.
                prop_assert!(matches!(actions.as_slice(), [Action::Done(Ok(_))]), "{actions:?}");
                prop_assert_eq!(format!("{short:?}"), format!("{execution:?}"));
            }
            for action in actions {
                if matches!(action, Action::Attempt { .. }) && !idempotent && !policy_decides {
                    prop_assert!(!world.ran, "sent again though it may have run (before: {ran_before})");
                }
                world.perform(&action)?;
            }
            world.over |= cancelled;
            prop_assert!(idempotent || world.seated.len() <= 1, "at two hosts at a time");
            if world.over {
                prop_assert!(world.seated.is_empty(), "{:?} are left behind", world.seated);
                prop_assert!(world.queued.is_empty(), "it waits in the queue");
                prop_assert_eq!(execution.poll_timeout(), None);
            }
        }
        prop_assert!(world.over, "neither done nor cancelled after its deadline");
        prop_assert!(world.outcomes <= 1);
    }
}
