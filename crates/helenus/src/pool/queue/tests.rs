//! Every order of room, deadline, leaving and coming, against a list that is searched from its front.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Requests are numbers, pools too; a pool's host is its letter.
struct Room {
    queue: Queue<char, u32>,
    lengths: Vec<Arc<AtomicUsize>>,
    start: Instant,
}

impl Room {
    fn new(requests: usize, bytes: usize) -> Self {
        let lengths = (0..4).map(|_| Arc::default()).collect();
        Self { queue: Queue::new(QueueLimits { requests, bytes }), lengths, start: Instant::now() }
    }

    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    /// Whether it may wait, and in how many seconds somebody is to come, if that is new.
    fn enter(
        &mut self,
        request: u32,
        pools: &[usize],
        bytes: usize,
        until: Option<u64>,
    ) -> Result<Option<u64>, u32> {
        let host = |pool: usize| char::from(b'a' + u8::try_from(pool).expect("few pools"));
        let place = |&pool: &usize| Place { pool, host: host(pool), length: Arc::clone(&self.lengths[pool]) };
        let places = pools.iter().map(place).collect();
        let waiting = Waiting { places, bytes, deadline: until.map(|until| self.at(until)), request };
        let timer = self.queue.enter(u64::from(request), waiting)?;
        Ok(timer.map(|at| at.duration_since(self.start).as_secs()))
    }

    /// Whoever is called where so many bytes fit.
    fn call(&mut self, pool: usize, fit: usize) -> Option<(u32, char, Call)> {
        let called = self.queue.call_first(pool, |bytes| bytes <= fit)?;
        Some((called.request, called.host, called.call))
    }

    /// Whoever is called and goes.
    fn room(&mut self, pool: usize) -> Option<(u32, char)> {
        let (request, host, call) = self.call(pool, usize::MAX)?;
        self.queue.dismiss(call);
        Some((request, host))
    }

    fn lengths(&self) -> Vec<usize> {
        self.lengths.iter().map(|length| length.load(Ordering::SeqCst)).collect()
    }
}

#[test]
fn whoever_came_first_goes_first_wherever_there_is_room() {
    let mut room = Room::new(9, 999);
    room.enter(1, &[0, 1], 1, None).expect("room");
    room.enter(2, &[1], 1, None).expect("room");
    room.enter(3, &[0], 1, None).expect("room");
    assert_eq!(room.lengths(), [2, 2, 0, 0]);
    assert_eq!(room.room(1), Some((1, 'b')));
    assert_eq!(room.lengths(), [1, 1, 0, 0], "it waits nowhere any more");
    assert_eq!((room.room(0), room.room(0)), (Some((3, 'a')), None));
    assert_eq!((room.room(2), room.room(1)), (None, Some((2, 'b'))));
    assert_eq!((room.queue.state().requests, room.queue.state().bytes), (0, 0));
    assert!(room.queue.lines.is_empty() && room.queue.deadlines.is_empty());
}

#[test]
fn who_is_sent_back_stands_where_it_stood() {
    let mut room = Room::new(9, 999);
    room.enter(1, &[0], 1, None).expect("room");
    room.enter(2, &[0], 1, None).expect("room");
    assert_eq!(room.room(0), Some((1, 'a')));
    room.enter(1, &[0], 1, None).expect("room");
    assert_eq!(room.room(0), Some((1, 'a')));
}

/// Neither to a newcomer, who would find no line there, nor to one for whom there would be room in the queue.
#[test]
fn who_is_called_loses_its_place_to_nobody() {
    let mut room = Room::new(1, 999);
    room.enter(1, &[0, 1], 7, None).expect("room");
    let (request, host, first) = room.call(0, 999).expect("it is called");
    assert_eq!((request, host), (1, 'a'));
    assert_eq!(room.lengths(), [1, 1, 0, 0], "nobody pushes in front of it");
    assert_eq!(room.queue.state().requests, 0, "it does not wait");
    assert_eq!((room.queue.fullness().requests, room.queue.fullness().bytes), (1, 7));
    assert_eq!(room.enter(2, &[0], 1, None), Err(2), "its room is kept");
    room.enter(1, &[0, 1], 7, None).expect("it comes back");
    assert_eq!((room.lengths(), room.queue.fullness().requests), (vec![1, 1, 0, 0], 1));
    // The end of the former call, which is told late, is not that of the next one.
    let (_, _, second) = room.call(1, 999).expect("it is called");
    room.queue.dismiss(first);
    assert_eq!(room.enter(2, &[0], 1, None), Err(2), "its room is still kept");
    room.queue.dismiss(second);
    assert_eq!((room.lengths(), room.queue.fullness().bytes), (vec![0; 4], 0));
    room.enter(2, &[0], 1, None).expect("the other has gone");
    assert!(room.queue.kept.is_empty());
}

#[test]
fn who_is_called_and_cannot_come_back_leaves_nothing_behind() {
    let mut room = Room::new(1, 999);
    room.enter(1, &[0], 7, None).expect("room");
    let (_, _, call) = room.call(0, 999).expect("it is called");
    assert_eq!(room.enter(1, &[], 7, None), Err(1), "for what would it wait?");
    room.queue.dismiss(call);
    assert!(room.queue.kept.is_empty() && room.queue.lines.is_empty());
    assert_eq!((room.lengths(), room.queue.fullness().bytes), (vec![0; 4], 0));
}

#[test]
fn a_large_request_is_not_overtaken() {
    let mut room = Room::new(9, 999);
    room.enter(1, &[0], 500, None).expect("room");
    room.enter(2, &[0], 1, None).expect("room");
    assert!(room.call(0, 100).is_none());
    assert_eq!(room.room(0), Some((1, 'a')));
    assert!(matches!(room.call(0, 100), Some((2, 'a', _))));
}

#[test]
fn too_many_and_too_large_are_refused_and_what_is_larger_than_all_may_wait_alone() {
    let mut room = Room::new(2, 100);
    room.enter(1, &[0], 60, None).expect("room");
    assert_eq!(room.enter(2, &[0], 41, None), Err(2), "too many bytes");
    room.enter(3, &[0], 40, None).expect("just room");
    assert_eq!(room.enter(4, &[0], 0, None), Err(4), "too many requests");
    let state = room.queue.state();
    assert_eq!((state.requests, state.bytes, state.max_requests, state.max_bytes), (2, 100, 2, 100));
    room.queue.leave(1);
    room.queue.leave(3);
    room.enter(5, &[0], 1_000_000, None).expect("it is alone");
    assert_eq!(room.enter(6, &[0], 1, None), Err(6));
    assert_eq!(Room::new(0, 100).enter(1, &[0], 1, None), Err(1), "none may wait");
    assert_eq!(Room::new(9, 100).enter(1, &[], 1, None), Err(1), "for what would it wait?");
    assert_eq!(room.enter(5, &[1], 0, None), Err(5), "it waits already");
}

#[test]
fn time_is_up_for_those_whose_it_is() {
    let mut room = Room::new(9, 999);
    assert_eq!(room.enter(1, &[0], 1, Some(10)), Ok(Some(10)));
    assert_eq!(room.enter(2, &[0, 1], 1, Some(11)), Ok(None), "somebody comes before");
    assert_eq!(room.enter(3, &[1], 1, Some(5)), Ok(Some(5)));
    assert_eq!(room.enter(4, &[1], 1, None), Ok(None));
    let (at_5, at_10, at_11) = (room.at(5), room.at(10), room.at(11));
    assert_eq!(room.queue.expire(at_5, at_5), (vec![3], Some(at_10)));
    assert_eq!(room.lengths(), [2, 2, 0, 0]);
    // The one that was told at first, and the one that was told by the last.
    assert_eq!(room.queue.expire(at_10, at_10), (vec![1], Some(at_11)));
    assert_eq!(room.queue.expire(at_10, at_10), (vec![], None), "one of both goes on");
    assert_eq!(room.queue.expire(at_11, at_11 + SECOND), (vec![2], None));
    assert_eq!(room.room(1), Some((4, 'b')), "it has time");
    assert_eq!(room.enter(5, &[0], 1, Some(20)), Ok(Some(20)), "nobody comes any more");
}

#[test]
fn who_leaves_is_nowhere_any_more() {
    let mut room = Room::new(9, 999);
    room.enter(1, &[0, 1], 7, Some(3)).expect("room");
    assert_eq!(room.queue.leave(1).map(|waiting| waiting.request), Some(1));
    assert!(room.queue.leave(1).is_none());
    assert_eq!((room.room(0), room.room(1), room.lengths()), (None, None, vec![0; 4]));
    let due = room.at(3);
    assert_eq!(room.queue.expire(due, due), (vec![], None));
}

#[derive(Debug, Clone)]
enum Event {
    Enter {
        pools: Vec<usize>,
        bytes: usize,
        until: Option<u64>,
    },
    /// So many bytes fit at this pool.
    Room(usize, usize),
    Leave(u32),
    /// Back from the front, to the former place.
    Return,
    /// Whoever was called has gone.
    Gone,
    Time(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let pools = prop::collection::btree_set(0_usize..4, 0..4).prop_map(|pools| pools.into_iter().collect());
    let event = prop_oneof![
        6 => (pools, 0_usize..40, prop::option::of(0_u64..30))
            .prop_map(|(pools, bytes, until)| Event::Enter { pools, bytes, until }),
        5 => (0_usize..4, 0_usize..60).prop_map(|(pool, bytes)| Event::Room(pool, bytes)),
        2 => (0_u32..60).prop_map(Event::Leave),
        2 => Just(Event::Return),
        1 => Just(Event::Gone),
        2 => (0_u64..5).prop_map(Event::Time),
    ];
    prop::collection::vec(event, 0..80)
}

/// The same in the plainest way.
#[derive(Debug, Clone, PartialEq)]
struct Plain {
    request: u32,
    pools: Vec<usize>,
    bytes: usize,
    until: Option<u64>,
}

proptest! {
    #[test]
    fn it_is_a_list_that_is_searched_from_the_front(events in events()) {
        let mut room = Room::new(6, 100);
        let mut model: Vec<Plain> = Vec::new();
        let (mut next, mut now, mut called) = (0, 0, None::<(Plain, Call)>);
        for event in events {
            match event {
                Event::Enter { pools, bytes, until } => {
                    next += 1;
                    let all = || model.iter().chain(called.iter().map(|(plain, _)| plain));
                    let (count, sum) = (all().count(), all().map(|plain| plain.bytes).sum::<usize>());
                    let may = count < 6 && (sum == 0 || sum + bytes <= 100) && !pools.is_empty();
                    let until = until.map(|after| now + after);
                    prop_assert_eq!(room.enter(next, &pools, bytes, until).is_ok(), may);
                    if may {
                        model.push(Plain { request: next, pools, bytes, until });
                    }
                }
                Event::Return => {
                    let Some((plain, call)) = called.take() else { continue };
                    prop_assert!(room.enter(plain.request, &plain.pools, plain.bytes, plain.until).is_ok());
                    room.queue.dismiss(call);
                    model.push(plain);
                    model.sort_by_key(|plain| plain.request);
                }
                Event::Gone => called.take().into_iter().for_each(|(_, call)| room.queue.dismiss(call)),
                Event::Room(pool, fit) => {
                    called.take().into_iter().for_each(|(_, call)| room.queue.dismiss(call));
                    let first = model.iter().position(|plain| plain.pools.contains(&pool));
                    let first = first.filter(|at| model[*at].bytes <= fit).map(|at| model.remove(at));
                    let got = room.call(pool, fit);
                    prop_assert_eq!(got.map(|(request, _, _)| request), first.as_ref().map(|plain| plain.request));
                    called = first.zip(got.map(|(_, _, call)| call));
                }
                Event::Leave(request) => {
                    let left = room.queue.leave(u64::from(request)).is_some();
                    prop_assert_eq!(left, model.iter().any(|plain| plain.request == request));
                    model.retain(|plain| plain.request != request);
                }
                Event::Time(seconds) => {
                    now += seconds;
                    let at = room.at(now);
                    let (mut expired, _) = room.queue.expire(at, at);
                    expired.sort_unstable();
                    let is_due = |plain: &Plain| plain.until.is_some_and(|until| until <= now);
                    let due: Vec<_> = model.iter().filter(|plain| is_due(plain)).map(|plain| plain.request).collect();
                    model.retain(|plain| !is_due(plain));
                    prop_assert_eq!(expired, due);
                }
            }
            let standing = |pool: usize| {
                let all = model.iter().chain(called.iter().map(|(plain, _)| plain));
                all.filter(|plain| plain.pools.contains(&pool)).count()
            };
            let lengths: Vec<_> = (0..4).map(standing).collect();
            prop_assert_eq!(room.lengths(), lengths);
            prop_assert_eq!(room.queue.state().bytes, model.iter().map(|plain| plain.bytes).sum::<usize>());
            prop_assert_eq!(room.queue.state().requests, model.len());
        }
    }
}
