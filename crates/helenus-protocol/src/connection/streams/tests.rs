//! Stream ids against a model, and the promises about each of them one by one.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn pending(token: u32) -> Pending<u32> {
    Pending { token, wake_at: None, starts_at: 0 }
}

#[test]
fn ids_go_round_the_whole_range_before_one_is_used_again() {
    let mut streams = Streams::new(MAX_STREAMS);
    for expected in 0..MAX_STREAMS {
        let stream = streams.allot(pending(0)).unwrap();
        assert_eq!(stream as usize, expected);
        assert!(matches!(streams.answer(stream), Answered::Waiting(_)));
    }
    assert_eq!(streams.allot(pending(0)).unwrap(), 0);
}

#[test]
fn a_second_answer_is_nobodys() {
    let mut streams = Streams::new(8);
    let stream = streams.allot(pending(1)).unwrap();
    assert!(matches!(streams.answer(stream), Answered::Waiting(Pending { token: 1, .. })));
    assert!(matches!(streams.answer(stream), Answered::Nobody));
    assert!(matches!(streams.answer(-5), Answered::Nobody));
}

#[test]
fn a_full_table_gives_the_request_back() {
    let mut streams = Streams::new(2);
    streams.allot(pending(1)).unwrap();
    streams.allot(pending(2)).unwrap();
    assert_eq!(streams.allot(pending(3)).unwrap_err().token, 3);
}

#[test]
fn a_reserved_id_is_given_to_nobody() {
    let mut streams = Streams::new(2);
    let reserved = streams.reserve().unwrap();
    for _ in 0..=MAX_STREAMS {
        let stream = streams.allot(pending(1)).unwrap();
        assert_ne!(stream, reserved);
        assert_eq!(streams.allot(pending(2)).unwrap_err().token, 2, "it takes the place of one");
        streams.answer(stream);
    }
    assert!(streams.give_back(reserved) && !streams.give_back(reserved) && !streams.give_back(-1));
    assert!(streams.allot(pending(3)).is_ok() && streams.allot(pending(4)).is_ok());
    assert_eq!(streams.reserve(), None);
}

#[test]
fn memory_follows_what_is_in_flight() {
    let mut streams = Streams::new(MAX_STREAMS);
    for _ in 0..3 * MAX_STREAMS {
        let stream = streams.allot(pending(0)).unwrap();
        streams.answer(stream);
    }
    assert!(streams.chunks.iter().flatten().count() <= 2);
}

#[test]
fn what_is_due_is_told_once() {
    let start = Instant::now();
    let mut streams = Streams::new(8);
    for token in 0..4_u32 {
        let wake_at = Some(start + Duration::from_secs(token.into()));
        streams.allot(Pending { token, wake_at, starts_at: 0 }).unwrap();
    }
    let mut due = Vec::new();
    let next = streams.expire(start + Duration::from_secs(1), |token| due.push(*token));
    assert_eq!((due.as_slice(), next), ([0, 1].as_slice(), Some(start + Duration::from_secs(2))));
    streams.expire(start + Duration::from_secs(1), |_| panic!("told twice"));
}

#[derive(Debug, Clone)]
enum Op {
    Allot,
    Answer(usize),
    AnswerAny(i16),
    Orphan(usize),
    OrphanWrong(usize),
    Drain,
    Reserve,
    GiveBack(usize),
    AnswerReserved(usize),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        6 => Just(Op::Allot),
        4 => any::<usize>().prop_map(Op::Answer),
        1 => any::<i16>().prop_map(Op::AnswerAny),
        2 => any::<usize>().prop_map(Op::Orphan),
        1 => any::<usize>().prop_map(Op::OrphanWrong),
        1 => Just(Op::Drain),
        2 => Just(Op::Reserve),
        2 => any::<usize>().prop_map(Op::GiveBack),
        1 => any::<usize>().prop_map(Op::AnswerReserved),
    ];
    prop::collection::vec(op, 0..400)
}

proptest! {
    /// Against a model of three sets: who waits, which ids are held back, and which are reserved.
    #[test]
    fn an_answer_reaches_only_the_request_it_answers(ops in ops(), limit in 1_usize..64, start in 0..MAX_STREAMS) {
        let now = Instant::now();
        let mut streams = Streams::new(limit);
        streams.next = start;
        let mut waiting: HashMap<i16, u32> = HashMap::new();
        let mut orphans: HashSet<i16> = HashSet::new();
        let mut reserved: Vec<i16> = Vec::new();
        let mut serial = 0;
        let nth = |map: &HashMap<i16, u32>, n: usize| {
            let mut keys: Vec<_> = map.iter().map(|(k, v)| (*k, *v)).collect();
            keys.sort_unstable();
            (!keys.is_empty()).then(|| keys[n % keys.len()])
        };
        for op in ops {
            match op {
                Op::Allot => {
                    serial += 1;
                    match streams.allot(pending(serial)) {
                        Ok(stream) => {
                            prop_assert!(stream >= 0);
                            prop_assert!(!orphans.contains(&stream) && !reserved.contains(&stream));
                            prop_assert!(waiting.insert(stream, serial).is_none());
                        }
                        Err(back) => {
                            prop_assert_eq!(back.token, serial);
                            prop_assert_eq!(waiting.len() + orphans.len() + reserved.len(), limit);
                        }
                    }
                }
                Op::Answer(n) => if let Some((stream, token)) = nth(&waiting, n) {
                    waiting.remove(&stream);
                    let answered = streams.answer(stream);
                    let right = matches!(answered, Answered::Waiting(ref p) if p.token == token);
                    prop_assert!(right);
                },
                Op::AnswerAny(stream) => match streams.answer(stream) {
                    Answered::Waiting(p) => prop_assert_eq!(waiting.remove(&stream), Some(p.token)),
                    Answered::Orphan => prop_assert!(orphans.remove(&stream)),
                    Answered::Nobody => {
                        prop_assert!(!waiting.contains_key(&stream) && !orphans.contains(&stream));
                    }
                },
                Op::Orphan(n) => if let Some((stream, token)) = nth(&waiting, n) {
                    waiting.remove(&stream);
                    orphans.insert(stream);
                    let out = streams.orphan(stream, now, |t| *t == token);
                    prop_assert_eq!(out.map(|p| p.token), Some(token));
                },
                Op::OrphanWrong(n) => if let Some((stream, _)) = nth(&waiting, n) {
                    prop_assert!(streams.orphan(stream, now, |t| *t == u32::MAX).is_none());
                },
                Op::Drain => {
                    let mut drained: Vec<_> = streams.drain().into_iter().map(|p| p.token).collect();
                    drained.sort_unstable();
                    let mut expected: Vec<_> = waiting.drain().map(|(_, token)| token).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(drained, expected);
                    orphans.clear();
                    prop_assert!(reserved.drain(..).all(|stream| !streams.give_back(stream)));
                }
                Op::Reserve => match streams.reserve() {
                    Some(stream) => {
                        prop_assert!(!orphans.contains(&stream) && !waiting.contains_key(&stream));
                        prop_assert!(!reserved.contains(&stream));
                        reserved.push(stream);
                    }
                    None => prop_assert_eq!(waiting.len() + orphans.len() + reserved.len(), limit),
                },
                Op::GiveBack(n) => if !reserved.is_empty() {
                    let stream = reserved.swap_remove(n % reserved.len());
                    prop_assert!(streams.give_back(stream) && !streams.give_back(stream));
                },
                Op::AnswerReserved(n) => if !reserved.is_empty() {
                    let answered = streams.answer(reserved[n % reserved.len()]);
                    prop_assert!(matches!(answered, Answered::Nobody));
                },
            }
            let counts = (streams.waiting(), streams.orphans(), streams.reserved());
            prop_assert_eq!(counts, (waiting.len(), orphans.len(), reserved.len()));
            prop_assert_eq!(streams.oldest_orphan().is_some(), !orphans.is_empty());
        }
    }
}
