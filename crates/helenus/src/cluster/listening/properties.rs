//! In whatever order pools tell what they have found, and whatever the control connection reads meanwhile: of each node listeners
//! hear that it joins, by turns that it is up and down, and that it leaves.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::cluster::host::tests::host;

const POOLS: usize = 2;

/// What may happen to one node.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The pool of this session opens a connection.
    Opens(usize),
    /// It loses its last connection.
    Loses(usize),
    /// It has tried in vain to open one.
    Fails(usize),
    /// One of those who have found something out comes to tell it.
    Tells(usize),
    /// The cluster's tables are read, and the node is in them no more.
    Leaves,
    /// It is in them again.
    Joins,
}

#[derive(Debug, Default)]
struct Told(Mutex<Vec<&'static str>>);

impl HostStateListener for Told {
    fn on_add(&self, _: &Arc<Host>) {
        lock(&self.0).push("joined");
    }

    fn on_remove(&self, _: &Arc<Host>) {
        lock(&self.0).push("left");
    }

    fn on_up(&self, _: &Arc<Host>) {
        lock(&self.0).push("up");
    }

    fn on_down(&self, _: &Arc<Host>) {
        lock(&self.0).push("down");
    }

    fn may_block(&self) -> bool {
        false
    }
}

/// The node, the pools that two sessions have of it, and what they have found and not told yet.
struct World {
    listeners: Listeners,
    told: Arc<Told>,
    /// Pools know their host as it was when they were made.
    pools: [Option<Pool>; POOLS],
    member: Option<Arc<Host>>,
    untold: Vec<(HostStatus, Arc<Host>)>,
}

#[derive(Clone)]
struct Pool {
    host: Arc<Host>,
    is_open: bool,
}

impl World {
    fn new() -> Self {
        let (listeners, told) = (Listeners::default(), Arc::new(Told::default()));
        listeners.add(Arc::clone(&told) as _);
        Self { listeners, told, pools: Default::default(), member: None, untold: Vec::new() }
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Opens(at) => self.find(at, HostStatus::Up, |is_open| !std::mem::replace(is_open, true)),
            Step::Loses(at) => self.find(at, HostStatus::Down, std::mem::take),
            Step::Fails(at) => self.find(at, HostStatus::Down, |is_open| !*is_open),
            Step::Tells(which) if !self.untold.is_empty() => {
                let (found, host) = self.untold.swap_remove(which % self.untold.len());
                let is_connected = self.is_connected();
                let member = self.member.clone();
                let is_member = || member.is_some_and(|member| member.shares_state_with(&host));
                self.listeners.tell_status(found, &host, || is_connected, is_member);
            }
            Step::Leaves => {
                if let Some(host) = self.member.take() {
                    self.listeners.tell(|| [(host, LEFT)]);
                    // What we close ourselves is told to nobody. What these have found before is still to be told.
                    self.pools = Default::default();
                }
            }
            Step::Joins if self.member.is_none() => {
                let host = host(1, "dc", "r");
                self.member = Some(Arc::clone(&host));
                self.listeners.tell(|| [(Arc::clone(&host), JOINED)]);
                self.pools = std::array::from_fn(|_| Some(Pool { host: Arc::clone(&host), is_open: false }));
            }
            Step::Tells(_) | Step::Joins => {}
        }
    }

    fn find(&mut self, at: usize, found: HostStatus, happens: impl FnOnce(&mut bool) -> bool) {
        if let Some(pool) = &mut self.pools[at]
            && happens(&mut pool.is_open)
        {
            self.untold.push((found, Arc::clone(&pool.host)));
        }
    }

    fn is_connected(&self) -> bool {
        self.pools.iter().flatten().any(|pool| pool.is_open)
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..POOLS).prop_map(Step::Opens),
        3 => (0..POOLS).prop_map(Step::Loses),
        1 => (0..POOLS).prop_map(Step::Fails),
        6 => (0..8_usize).prop_map(Step::Tells),
        1 => Just(Step::Leaves),
        2 => Just(Step::Joins),
    ]
}

proptest! {
    #[test]
    fn of_each_host_listeners_hear_by_turns_that_it_is_up_and_down(
        steps in proptest::collection::vec(step(), 0..60)
    ) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.perform(step));
        while !world.untold.is_empty() {
            world.perform(Step::Tells(0));
        }
        let told = lock(&world.told.0).clone();
        let mut last = "left";
        for now in &told {
            let follows: &[_] = match *now {
                "joined" => &["left"],
                "left" => &["joined", "up", "down"],
                "up" => &["joined", "down"],
                _ => &["joined", "up"],
            };
            prop_assert!(follows.contains(&last), "{now} after {last} in {told:?}");
            last = now;
        }
        if let Some(member) = &world.member {
            let is_connected = world.is_connected();
            prop_assert_eq!(member.is_up(), is_connected, "{:?}", told);
            prop_assert_eq!(last == "up", is_connected, "what was told last is so: {:?}", told);
        }
    }
}
