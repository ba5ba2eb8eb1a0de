//! The rules of a cluster: which reaction a request meets.

use std::sync::Arc;

use super::matcher::Matcher;
use super::reaction::{Answer, Reaction};
use super::received::Received;
use super::table::Table;

/// Names a rule, to ask how often it was used and to take it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RuleId(pub u64);

/// All rules. The newest that wants a request gets it.
#[derive(Debug, Default)]
pub(super) struct RuleBook {
    rules: Vec<Rule>,
    next: u64,
}

#[derive(Debug)]
struct Rule {
    id: RuleId,
    matcher: Matcher,
    reaction: Arc<Reaction>,
    /// How many requests the matcher matched, its own count left aside.
    matched: u64,
    /// How many requests met the reaction.
    used: u64,
}

impl RuleBook {
    pub(super) fn add(&mut self, matcher: Matcher, reaction: Reaction) -> RuleId {
        self.next += 1;
        let id = RuleId(self.next);
        self.rules.push(Rule { id, matcher, reaction: Arc::new(reaction), matched: 0, used: 0 });
        id
    }

    /// Whether there was such a rule.
    pub(super) fn remove(&mut self, id: RuleId) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.rules.len() < before
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// How many requests met the rule; 0 if it is gone.
    pub(super) fn used(&self, id: RuleId) -> u64 {
        self.rules.iter().find(|rule| rule.id == id).map_or(0, |rule| rule.used)
    }

    pub(super) fn decide(&mut self, received: &Received) -> Option<Arc<Reaction>> {
        self.rules.iter_mut().rev().find_map(|rule| {
            if !rule.matcher.matches(received) {
                return None;
            }
            rule.matched += 1;
            if !rule.matcher.wants(rule.matched) {
                return None;
            }
            rule.used += 1;
            Some(Arc::clone(&rule.reaction))
        })
    }

    /// The columns that a rule gives to the statement `text`: what preparing it promises.
    pub(super) fn columns_of(&self, text: &str) -> Option<Table> {
        self.rules.iter().rev().find_map(|rule| match &rule.reaction.answer {
            Answer::Rows(rows) if rule.matcher.is_about(text) => {
                Some(Table { rows: Vec::new(), ..rows.table.clone() })
            }
            _ => None,
        })
    }
}
