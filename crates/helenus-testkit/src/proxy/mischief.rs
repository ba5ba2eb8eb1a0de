//! What becomes of one answer after another: pure. Answers and the time go in; answers and when they are due come out.

use std::time::{Duration, Instant};

use fastrand::Rng;
use helenus_protocol::ResponseOpcode;
use helenus_protocol::envelope::Envelope;

use super::knobs::Knobs;

/// How long at most an answer lets others pass.
const PASSING: Duration = Duration::from_millis(20);
/// How long a result waits for another to change its stream id with.
const COURTING: Duration = Duration::from_millis(200);

/// How often each has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deeds {
    /// Bits turned over.
    pub flipped: u64,
    /// Answers passed on twice.
    pub duplicated: u64,
    /// Answers passed on late.
    pub late: u64,
    /// Answers that let others pass.
    pub reordered: u64,
    /// Results that got the stream id of another.
    pub swapped: u64,
}

impl Deeds {
    pub(super) fn add(&mut self, more: Self) {
        self.flipped += more.flipped;
        self.duplicated += more.duplicated;
        self.late += more.late;
        self.reordered += more.reordered;
        self.swapped += more.swapped;
    }
}

/// Does to the answers of one connection what the knobs say.
#[derive(Debug)]
pub(super) struct Mischief {
    rng: Rng,
    /// A result that waits for another to change its stream id with, and until when.
    partner: Option<(Envelope, Instant)>,
}

impl Mischief {
    pub(super) const fn new(rng: Rng) -> Self {
        Self { rng, partner: None }
    }

    fn happens(&mut self, share: f64) -> bool {
        share > 0.0 && self.rng.f64() < share
    }

    /// Takes an answer; appends what is to be passed on, and when.
    pub(super) fn handle(
        &mut self,
        mut envelope: Envelope,
        knobs: &Knobs,
        now: Instant,
        deeds: &mut Deeds,
        out: &mut Vec<(Instant, Envelope)>,
    ) {
        let is_answer = envelope.header.stream >= 0;
        if is_answer && envelope.header.opcode == ResponseOpcode::Result {
            if let Some((mut partner, _)) = self.partner.take() {
                std::mem::swap(&mut partner.header.stream, &mut envelope.header.stream);
                deeds.swapped += 2;
                self.pass(partner, knobs, now, deeds, out);
            } else if self.happens(knobs.swap) {
                self.partner = Some((envelope, now + COURTING));
                return;
            }
        }
        if is_answer {
            self.pass(envelope, knobs, now, deeds, out);
        } else {
            out.push((now, envelope));
        }
    }

    fn pass(
        &mut self,
        envelope: Envelope,
        knobs: &Knobs,
        now: Instant,
        deeds: &mut Deeds,
        out: &mut Vec<(Instant, Envelope)>,
    ) {
        let mut due = now;
        if self.happens(knobs.late) {
            deeds.late += 1;
            due += knobs.late_by;
        } else if self.happens(knobs.reorder) {
            deeds.reordered += 1;
            due += PASSING.mul_f64(self.rng.f64());
        }
        if self.happens(knobs.duplicate) {
            deeds.duplicated += 1;
            out.push((due, envelope.clone()));
            due += knobs.duplicate_after;
        }
        out.push((due, envelope));
    }

    /// Until when a result waits for its partner.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.partner.as_ref().map(|(_, until)| *until)
    }

    /// Gives up a result that has waited long enough.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<Envelope> {
        self.partner.take_if(|(_, until)| *until <= now).map(|(envelope, _)| envelope)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use helenus_protocol::ProtocolVersion;
    use helenus_protocol::envelope::{Flags, ResponseHeader};

    use super::*;

    fn answer(stream: i16) -> Envelope {
        let body = Bytes::from(vec![stream as u8]);
        let header = ResponseHeader {
            version: ProtocolVersion::V4.number(),
            flags: Flags::default(),
            stream,
            opcode: ResponseOpcode::Result,
            length: 1,
        };
        Envelope { header, body }
    }

    /// What comes out for answers 1, 2, … `count`: stream, body, milliseconds of delay.
    fn through(knobs: &Knobs, count: i16) -> (Vec<(i16, u8, u128)>, Deeds) {
        let now = Instant::now();
        let (mut mischief, mut deeds, mut out) =
            (Mischief::new(Rng::with_seed(7)), Deeds::default(), Vec::new());
        for stream in 1..=count {
            mischief.handle(answer(stream), knobs, now, &mut deeds, &mut out);
        }
        if let Some(left) = mischief.handle_timeout(now + COURTING) {
            out.push((now, left));
        }
        let seen = |(due, e): (Instant, Envelope)| (e.header.stream, e.body[0], (due - now).as_millis());
        (out.into_iter().map(seen).collect(), deeds)
    }

    #[test]
    fn by_default_all_is_as_it_was() {
        assert_eq!(through(&Knobs::default(), 2), (vec![(1, 1, 0), (2, 2, 0)], Deeds::default()));
    }

    #[test]
    fn an_answer_goes_twice() {
        let knobs = Knobs { duplicate: 1.0, duplicate_after: Duration::from_millis(30), ..Knobs::default() };
        let (out, deeds) = through(&knobs, 1);
        assert_eq!(out, [(1, 1, 0), (1, 1, 30)]);
        assert_eq!(deeds.duplicated, 1);
    }

    #[test]
    fn an_answer_is_late() {
        let knobs = Knobs { late: 1.0, late_by: Duration::from_secs(2), ..Knobs::default() };
        assert_eq!(through(&knobs, 1).0, [(1, 1, 2000)]);
    }

    #[test]
    fn some_let_others_pass() {
        let (out, deeds) = through(&Knobs { reorder: 0.5, ..Knobs::default() }, 100);
        assert!(deeds.reordered > 20 && deeds.reordered < 80, "{deeds:?}");
        assert!(out.iter().all(|(stream, body, late)| *stream == i16::from(*body) && *late <= 20));
        assert!(out.iter().any(|(.., late)| *late > 0));
    }

    #[test]
    fn two_results_change_their_stream_ids() {
        let (out, deeds) = through(&Knobs { swap: 1.0, ..Knobs::default() }, 3);
        assert_eq!(out, [(2, 1, 0), (1, 2, 0), (3, 3, 0)], "and one without a partner keeps its own");
        assert_eq!(deeds.swapped, 2);
    }

    #[test]
    fn events_are_left_alone() {
        let knobs = Knobs { duplicate: 1.0, late: 1.0, swap: 1.0, ..Knobs::default() };
        let (mut mischief, now, mut out) = (Mischief::new(Rng::with_seed(1)), Instant::now(), Vec::new());
        mischief.handle(answer(-1), &knobs, now, &mut Deeds::default(), &mut out);
        assert_eq!(out, [(now, answer(-1))]);
    }
}
