//! One direction of one connection, as a pure machine: bytes and the time go in, bytes and deadlines come out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use fastrand::Rng;
use helenus_protocol::ProtocolViolation;

use super::answers::{self, Answers};
use super::knobs::Knobs;
use super::mischief::{Deeds, Mischief};

/// So much may wait to be passed on; then no more is taken, as by a network whose buffers are full.
const ROOM: usize = 4 << 20;

/// Bytes, and when they are to go. `number` keeps those of one moment in their order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parcel {
    due: Instant,
    number: u64,
    bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Lane {
    /// What tells answers apart; there is none where bytes are only bytes.
    answers: Option<(Answers, Mischief)>,
    rng: Rng,
    waiting: BinaryHeap<Reverse<Parcel>>,
    waits: usize,
    number: u64,
    /// When the last of what goes in its order is due.
    last_due: Option<Instant>,
    /// What goes now, and how much of it has gone.
    going: Vec<u8>,
    gone: usize,
    /// No more comes.
    ended: bool,
    until_flip: Option<u64>,
    reset_at: Option<Instant>,
    deeds: Deeds,
}

impl Lane {
    pub(super) fn new(reads_answers: bool, mut rng: Rng) -> Self {
        let answers = reads_answers.then(|| (Answers::default(), Mischief::new(rng.fork())));
        Self {
            answers,
            rng,
            waiting: BinaryHeap::new(),
            waits: 0,
            number: 0,
            last_due: None,
            going: Vec::new(),
            gone: 0,
            ended: false,
            until_flip: None,
            reset_at: None,
            deeds: Deeds::default(),
        }
    }

    /// Whether bytes are to be read for it.
    pub(super) fn wants_bytes(&self, knobs: &Knobs) -> bool {
        !self.ended && !knobs.hold && self.waits < ROOM
    }

    /// Bytes have come.
    ///
    /// # Errors
    /// Where answers are to be told apart and these are none.
    pub(super) fn handle_bytes(
        &mut self,
        bytes: &[u8],
        knobs: &Knobs,
        now: Instant,
    ) -> Result<(), ProtocolViolation> {
        if knobs.discard {
            return Ok(());
        }
        let Some((answers, mischief)) = &mut self.answers else {
            let due = self.in_order(now + knobs.delay);
            self.put(due, bytes.to_vec(), knobs);
            return Ok(());
        };
        answers.handle_bytes(bytes);
        let (mut out, mut framed_from) = (Vec::new(), None);
        while let Some((envelope, framed)) = answers.poll_answer()? {
            let before = out.len();
            mischief.handle(envelope, knobs, now, &mut self.deeds, &mut out);
            if framed && framed_from.is_none() {
                framed_from = Some(before);
            }
        }
        let framed_from = framed_from.unwrap_or(usize::MAX);
        for (at, (due, envelope)) in out.into_iter().enumerate() {
            // What goes at once goes in its order, also after a delay has been shortened.
            let due = if due == now { self.in_order(due + knobs.delay) } else { due + knobs.delay };
            self.put(due, answers::encode(&envelope, at >= framed_from), knobs);
        }
        Ok(())
    }

    fn in_order(&mut self, due: Instant) -> Instant {
        let due = self.last_due.map_or(due, |last| last.max(due));
        self.last_due = Some(due);
        due
    }

    fn put(&mut self, due: Instant, mut bytes: Vec<u8>, knobs: &Knobs) {
        self.flip(&mut bytes, knobs);
        self.number += 1;
        self.waits += bytes.len();
        self.waiting.push(Reverse(Parcel { due, number: self.number, bytes }));
    }

    fn flip(&mut self, bytes: &mut [u8], knobs: &Knobs) {
        let Some(each) = knobs.flip_each.filter(|each| *each > 0) else {
            self.until_flip = None;
            return;
        };
        let mut at = 0;
        while let Some(left) = bytes.len().checked_sub(at).filter(|left| *left > 0) {
            let until = *self.until_flip.get_or_insert_with(|| self.rng.u64(0..2 * each));
            if until >= left as u64 {
                self.until_flip = Some(until - left as u64);
                return;
            }
            at += until as usize;
            bytes[at] ^= 1 << self.rng.u8(0..8);
            at += 1;
            self.until_flip = None;
            self.deeds.flipped += 1;
        }
    }

    /// Its source sends nothing any more.
    pub(super) fn handle_end(&mut self) {
        self.ended = true;
    }

    /// What is to go at `now`.
    pub(super) fn poll_transmit(&mut self, knobs: &Knobs, now: Instant) -> &[u8] {
        if knobs.hold {
            return &[];
        }
        if let Some((answers, mischief)) = &mut self.answers
            && let Some(envelope) = mischief.handle_timeout(now)
        {
            // Only a result waits for a partner, and results come in segments where there are any.
            let bytes = answers::encode(&envelope, answers.has_segments());
            self.put(now, bytes, knobs);
        }
        if self.gone == self.going.len() {
            self.going.clear();
            self.gone = 0;
            while let Some(Reverse(parcel)) = self.waiting.peek()
                && parcel.due <= now
            {
                let Some(Reverse(parcel)) = self.waiting.pop() else { break };
                self.waits -= parcel.bytes.len();
                self.going.extend_from_slice(&parcel.bytes);
            }
        }
        &self.going[self.gone..]
    }

    /// So many bytes have gone.
    pub(super) fn handle_accepted(&mut self, count: usize) {
        self.gone += count;
    }

    /// Whether bytes wait that the socket did not take.
    pub(super) fn has_going(&self, knobs: &Knobs) -> bool {
        !knobs.hold && self.gone < self.going.len()
    }

    /// Whether all has gone and no more will come.
    pub(super) fn is_over(&self) -> bool {
        let courting = self.answers.as_ref().is_some_and(|(_, mischief)| mischief.poll_timeout().is_some());
        self.ended && self.waiting.is_empty() && self.gone == self.going.len() && !courting
    }

    /// When something may be due.
    pub(super) fn poll_timeout(&self, knobs: &Knobs) -> Option<Instant> {
        if knobs.hold {
            return self.reset_at;
        }
        let next = self.waiting.peek().map(|Reverse(parcel)| parcel.due);
        let courting = self.answers.as_ref().and_then(|(_, mischief)| mischief.poll_timeout());
        [next, courting, self.reset_at].into_iter().flatten().min()
    }

    /// Whether the connection is to be reset now.
    pub(super) fn is_reset(&mut self, knobs: &Knobs, now: Instant) -> bool {
        let Some(each) = knobs.reset_each else {
            self.reset_at = None;
            return false;
        };
        let at = *self.reset_at.get_or_insert_with(|| now + each.mul_f64(2.0 * self.rng.f64()));
        at <= now
    }

    /// What has been done since it was last asked.
    pub(super) fn take_deeds(&mut self) -> Deeds {
        std::mem::take(&mut self.deeds)
    }

    /// How long to sleep at most, so that changed knobs are seen soon.
    pub(super) const LOOK: Duration = Duration::from_millis(10);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn lane() -> (Lane, Instant) {
        (Lane::new(false, Rng::with_seed(1)), Instant::now())
    }

    fn take(lane: &mut Lane, knobs: &Knobs, now: Instant) -> Vec<u8> {
        let bytes = lane.poll_transmit(knobs, now).to_vec();
        lane.handle_accepted(bytes.len());
        bytes
    }

    #[test]
    fn bytes_go_as_they_come() {
        let (mut lane, now) = lane();
        let knobs = Knobs::default();
        lane.handle_bytes(b"one", &knobs, now).unwrap();
        lane.handle_bytes(b"two", &knobs, now).unwrap();
        assert_eq!(lane.poll_transmit(&knobs, now), b"onetwo");
        lane.handle_accepted(2);
        assert_eq!(take(&mut lane, &knobs, now), b"etwo");
        lane.handle_end();
        assert!(lane.is_over() && !lane.wants_bytes(&knobs));
    }

    #[test]
    fn a_delay_that_is_shortened_lets_nothing_overtake() {
        let (mut lane, now) = lane();
        lane.handle_bytes(b"slow", &Knobs::delayed(300 * MS), now).unwrap();
        let knobs = Knobs::default();
        lane.handle_bytes(b"fast", &knobs, now + MS).unwrap();
        assert_eq!(take(&mut lane, &knobs, now + 299 * MS), b"");
        assert_eq!(lane.poll_timeout(&knobs), Some(now + 300 * MS));
        assert_eq!(take(&mut lane, &knobs, now + 300 * MS), b"slowfast");
    }

    #[test]
    fn what_is_held_goes_on_where_it_was() {
        let (mut lane, now) = lane();
        lane.handle_bytes(b"before", &Knobs::default(), now).unwrap();
        assert!(!lane.wants_bytes(&Knobs::held()));
        assert_eq!(take(&mut lane, &Knobs::held(), now + 999 * MS), b"");
        assert_eq!(take(&mut lane, &Knobs::default(), now + 999 * MS), b"before");
    }

    #[test]
    fn what_is_discarded_is_gone() {
        let (mut lane, now) = lane();
        lane.handle_bytes(b"gone", &Knobs { discard: true, ..Knobs::default() }, now).unwrap();
        assert_eq!(take(&mut lane, &Knobs::default(), now + 999 * MS), b"");
    }

    #[test]
    fn about_so_many_bits_are_turned_over() {
        let (mut lane, now) = lane();
        let knobs = Knobs { flip_each: Some(100), ..Knobs::default() };
        for _ in 0..100 {
            lane.handle_bytes(&[0; 100], &knobs, now).unwrap();
        }
        let bits: u32 = take(&mut lane, &knobs, now).iter().map(|byte| byte.count_ones()).sum();
        assert!((60..=160).contains(&bits), "{bits}");
        assert_eq!(u64::from(bits), lane.take_deeds().flipped);
    }

    #[test]
    fn resets_come_after_about_so_long() {
        let (mut lane, now) = lane();
        let knobs = Knobs { reset_each: Some(100 * MS), ..Knobs::default() };
        assert!(!lane.is_reset(&knobs, now));
        let due = lane.poll_timeout(&knobs).unwrap();
        assert!(due <= now + 200 * MS && !lane.is_reset(&Knobs::default(), due));
        lane.is_reset(&knobs, now);
        assert!(lane.is_reset(&knobs, now + 200 * MS));
    }

    #[test]
    fn no_more_is_taken_than_there_is_room_for() {
        let (mut lane, now) = lane();
        let knobs = Knobs::delayed(999 * MS);
        lane.handle_bytes(&vec![0; ROOM], &knobs, now).unwrap();
        assert!(!lane.wants_bytes(&knobs));
    }
}
