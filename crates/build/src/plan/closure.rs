//! `COPY --closure`: what the plan knows of it. Which files come along is found when the step's source is there (`transfer::closure`).

use super::{Action, Origin, Stage};
use crate::scope;
use closure::{Setting, Size};
use dockerfile::{ClosureSize, Dockerfile};
use oci::image::Execution;
use std::collections::BTreeMap;

/// Variables by which loaders find libraries.
const LOADERS_VARIABLES: [&str; 2] = ["LD_LIBRARY_PATH", "LD_PRELOAD"];

/// What the sources of a copy need comes along.
#[derive(Debug, Clone)]
pub struct ClosureAction {
    /// How much is taken.
    pub size: Size,
    /// What the sources find around them where they come from, at the end of that stage.
    pub setting: Setting,
}

impl ClosureAction {
    pub(super) fn new(size: ClosureSize, origin: &Origin, stages: &BTreeMap<usize, Stage>) -> Self {
        let execution = match origin {
            Origin::Stage(number) => stages.get(number).map(|stage| &stage.execution),
            Origin::Image(image) => Some(&image.configuration.config),
            Origin::Context => None,
        };
        let size = match size {
            ClosureSize::Strict => Size::Strict,
            ClosureSize::Safe => Size::Safe,
        };
        Self { size, setting: execution.map(setting).unwrap_or_default() }
    }

    /// The word for its size.
    pub(crate) fn size_name(&self) -> &'static str {
        if self.size == Size::Strict { "strict" } else { "safe" }
    }
}

fn setting(execution: &Execution) -> Setting {
    Setting {
        environment: execution.env.clone(),
        directory: execution.working_dir.clone(),
        user: execution.user.clone(),
        ..Setting::default()
    }
}

/// Variables that the loader obeys where a program comes from, and that it will not find where the program goes.
pub(super) fn lost_variables(file: &Dockerfile, stages: &BTreeMap<usize, Stage>) -> Vec<String> {
    let mut warnings = Vec::new();
    for stage in stages.values() {
        for step in &stage.steps {
            let Action::Copy(copy) = &step.action else { continue };
            let Some(closure) = &copy.closure else { continue };
            for name in LOADERS_VARIABLES {
                let Some(value) = closure.setting.variable(name).filter(|value| !value.is_empty()) else {
                    continue;
                };
                if scope::variable(&stage.execution.env, name).as_deref() != Some(value) {
                    warnings.push(format!(
                        "{}:{}: libraries are found by {name} where this comes from, and not where it goes: add ENV {name}={value}",
                        file.source.name(),
                        step.span.first_line
                    ));
                }
            }
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use crate::names::{Bases, From};
    use crate::plan::{Action, ClosureAction, Plan, lower};
    use crate::{Pull, Request};
    use closure::Size;
    use engine::containers::NetworkMode;
    use std::collections::BTreeMap;

    fn plan(text: &str) -> Plan {
        let platform = oci::Platform::host();
        let request = Request {
            file_name: "Dockerfile".into(),
            text: Vec::new(),
            names: Vec::new(),
            arguments: BTreeMap::new(),
            target: None,
            no_cache: false,
            labels: BTreeMap::new(),
            network: NetworkMode::None,
            platform: platform.clone(),
            pull: Pull::Never,
            cache_from: Vec::new(),
            cache_to: Vec::new(),
        };
        let file = dockerfile::parse("Dockerfile", text.as_bytes()).expect("the text is a Dockerfile");
        let stages = 0..file.stages.len();
        let bases = Bases {
            from: stages.clone().map(|number| (number, From::Scratch)).collect(),
            images: BTreeMap::new(),
            platforms: stages.clone().map(|number| (number, platform.clone())).collect(),
            needed: stages.clone().collect(),
            target: stages.end - 1,
        };
        lower(&request, &file, &bases).expect("the plan can be made")
    }

    fn closure(plan: &Plan) -> &ClosureAction {
        let steps = &plan.stages[&plan.target].steps;
        let mut actions = steps.iter().filter_map(|step| match &step.action {
            Action::Copy(copy) => copy.closure.as_ref(),
            _ => None,
        });
        actions.next_back().expect("something is copied with its closure")
    }

    #[test]
    fn the_setting_is_that_of_the_source_s_end() {
        let plan = plan(
            "FROM scratch AS a\nENV A=1 PATH=/x\nWORKDIR /w\nUSER u\nENV A=2\n\
             FROM scratch\nENV A=3\nCOPY --closure=strict --from=a --chmod=0700 /p /q",
        );
        let action = closure(&plan);
        assert_eq!((action.size, action.setting.variable("A")), (Size::Strict, Some("2")));
        assert_eq!(action.setting.search_path().collect::<Vec<_>>(), ["/x"]);
        assert_eq!((action.setting.directory.as_str(), action.setting.user.as_str()), ("/w", "u"));
        let step = plan.stages[&1].steps.last().expect("there are steps");
        assert_eq!(step.created_by, "COPY --closure=strict --chmod=0700 /p /q # buildkit");
    }

    #[test]
    fn an_extension_is_told_once_and_lost_variables_each_time() {
        let text = "FROM scratch AS a\nENV LD_LIBRARY_PATH=/l LD_PRELOAD=\nFROM scratch\n\
                    COPY --from=a --closure /p /q\nCOPY --closure --from=a /r /s";
        let told = plan(text).warnings;
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("Dockerfile:4:15: ") && told[0].ends_with("(Extension)"), "{told:?}");
        assert!(told[1].starts_with("Dockerfile:4: ") && told[1].ends_with("add ENV LD_LIBRARY_PATH=/l"));
        assert!(told[2].starts_with("Dockerfile:5: "));
        let kept = plan(&format!("# check=skip=Extension\n{text}\nENV LD_LIBRARY_PATH=/l"));
        assert!(kept.warnings.is_empty(), "{:?}", kept.warnings);
    }
}
