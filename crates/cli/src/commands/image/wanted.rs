//! `--filter` of the image commands.

use super::created;
use crate::failure::Outcome;
use dockerfile::pattern::Pattern;
use engine::Engine;
use engine::images::{self, Image};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use oci::Reference;
use output::filter::{Condition, Filters};
use output::time::moment;

/// What `images` filters by.
const LIST: &[&str] = &["before", "dangling", "label", "label!", "reference", "since", "until"];

/// What `image prune` filters by.
const PRUNE: &[&str] = &["dangling", "label", "label!", "until"];

/// Which images are wanted.
#[derive(Debug, Default)]
pub(in crate::commands) struct Wanted {
    filters: Filters,
    /// Only those without a name, or only those with one.
    dangling: Option<bool>,
    /// Only younger ones.
    after: Option<Timestamp>,
    /// Only older ones.
    before: Option<Timestamp>,
    /// Only these names.
    names: Vec<Pattern>,
}

impl Wanted {
    /// For a list; `engine` finds the images that others are compared with.
    ///
    /// # Errors
    /// A filter that is unknown, makes no sense, or names an image that is not there.
    pub(super) fn listed(engine: &Engine, filters: Vec<Condition>, name: Option<&str>) -> Outcome<Self> {
        let filters = Filters::new(filters, LIST)?;
        let moment = |key| -> Outcome<Vec<Timestamp>> {
            filters
                .values(key)
                .map(|name| Ok(created(&images::find(engine.store(), name)?).unwrap_or(Timestamp::MIN)))
                .collect()
        };
        let names = filters.values("reference").chain(name).map(pattern).collect::<Outcome<_>>()?;
        let (after, before) = (moment("since")?.into_iter().max(), moment("before")?.into_iter().min());
        let until = until(&filters)?;
        Ok(Self { after, before: before.into_iter().chain(until).min(), names, ..Self::new(filters)? })
    }

    /// For a prune.
    ///
    /// # Errors
    /// A filter that is unknown or makes no sense.
    pub(in crate::commands) fn pruned(filters: Vec<Condition>) -> Outcome<Self> {
        let filters = Filters::new(filters, PRUNE)?;
        Ok(Self { before: until(&filters)?, ..Self::new(filters)? })
    }

    fn new(filters: Filters) -> Outcome<Self> {
        let is_asked = filters.values("dangling").next().is_some();
        let dangling = is_asked.then(|| filters.truth("dangling", true)).transpose()?;
        Ok(Self { filters, dangling, ..Self::default() })
    }

    /// Whether a prune is to take images with a name too: Docker's `dangling=false` is another way to say `--all`.
    pub(super) fn take_all(&mut self) -> bool {
        self.dangling.take_if(|dangling| !*dangling).is_some()
    }

    /// Whether an image is wanted, whatever its names.
    pub(in crate::commands) fn accepts(&self, image: &Image) -> bool {
        let moment = created(image).unwrap_or(Timestamp::MIN);
        self.dangling.is_none_or(|dangling| image.names.is_empty() == dangling)
            && self.after.is_none_or(|after| moment > after)
            && self.before.is_none_or(|before| moment < before)
            && self.filters.accepts_labels(&image.configuration.config.labels)
    }

    /// An image with those of its names that are wanted; none if it is not wanted itself.
    pub(super) fn select(&self, mut image: Image) -> Option<Image> {
        if !self.names.is_empty() {
            image.names.retain(|name| self.names.iter().any(|pattern| matches(pattern, name)));
            if image.names.is_empty() {
                return None;
            }
        }
        self.accepts(&image).then_some(image)
    }
}

/// The earliest of the moments before which images were made.
fn until(filters: &Filters) -> Outcome<Option<Timestamp>> {
    let now = Timestamp::now();
    let moments = filters.values("until").map(|text| Ok(moment::parse(text, now, &TimeZone::system())?));
    Ok(moments.collect::<Outcome<Vec<_>>>()?.into_iter().min())
}

fn pattern(text: &str) -> Outcome<Pattern> {
    Pattern::parse(text)
        .map_err(|error| crate::failure::Failure::new(format!("invalid reference filter '{text}': {error}")))
}

/// A pattern is for the name with its tag, or for the name alone, as people write them.
fn matches(pattern: &Pattern, name: &Reference) -> bool {
    pattern.matches(&name.familiar()) || pattern.matches(&name.familiar_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::image::tests::image;

    fn pruned(filter: &str) -> Wanted {
        Wanted::pruned(vec![filter.parse().expect("key=value")]).expect("a known key")
    }

    fn named(patterns: &[&str]) -> Wanted {
        Wanted {
            names: patterns.iter().map(|text| pattern(text).expect("a pattern")).collect(),
            ..Wanted::default()
        }
    }

    #[test]
    fn labels_age_and_names() {
        let (web, unnamed) = (image(&["web:1", "web:2"]), image(&[]));
        assert!(pruned("label=tier").accepts(&web) && !pruned("label!=tier=front").accepts(&web));
        assert!(pruned("until=2024-01-03").accepts(&web) && !pruned("until=2024-01-01").accepts(&web));
        assert!(pruned("dangling=true").accepts(&unnamed) && !pruned("dangling=true").accepts(&web));
        assert!(pruned("dangling=0").accepts(&web) && !pruned("dangling=0").accepts(&unnamed));
        let (mut all, mut only) = (pruned("dangling=false"), pruned("dangling=true"));
        assert!(all.take_all() && all.accepts(&web) && all.accepts(&unnamed));
        assert!(!only.take_all() && !only.accepts(&web));
        assert!(Wanted::pruned(vec!["since=x".parse().expect("key=value")]).is_err());
    }

    #[test]
    fn references_select_names() {
        let selected = |patterns: &[&str]| {
            let image = named(patterns).select(image(&["web:1", "web:2", "example.com/a/b:1"]))?;
            Some(image.names.iter().map(Reference::familiar).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(selected(&["web"]).as_deref(), Some("web:1 web:2"));
        assert_eq!(selected(&["web:2", "*/a/b"]).as_deref(), Some("web:2 example.com/a/b:1"));
        assert_eq!(selected(&["w*:1"]).as_deref(), Some("web:1"));
        assert_eq!(selected(&["*:1", "*/*"]).as_deref(), Some("web:1"));
        assert_eq!(selected(&["we"]), None);
        assert!(named(&["*"]).select(image(&[])).is_none());
        assert!(pattern("[").is_err());
    }
}
