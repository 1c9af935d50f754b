//! Limits that are one file of the unified hierarchy and two numbers of the specification's: an update may say one of them.

use super::{Cgroup, Hierarchies};
use oci::runtime::LinuxResources;
use std::fs;

impl Cgroup {
    /// What an update says, with the other halves as they are.
    #[must_use]
    pub fn completed(&self, resources: &LinuxResources) -> LinuxResources {
        let mut completed = resources.clone();
        let Hierarchies::Unified(mount) = &self.hierarchies else { return completed };
        let read = |file: &str| fs::read_to_string(mount.join(&self.path).join(file)).unwrap_or_default();
        if let Some(cpu) = completed.cpu_mut() {
            let (quota, period) = (cpu.quota().filter(|n| *n != 0), cpu.period().filter(|n| *n > 0));
            if quota.is_some() != period.is_some() {
                let text = read("cpu.max");
                let (most, every) = text.trim().split_once(' ').unwrap_or_default();
                if quota.is_none() {
                    cpu.set_quota(most.parse().ok());
                } else {
                    cpu.set_period(every.parse().ok());
                }
            }
        }
        if let Some(memory) = completed.memory_mut() {
            let limit = memory.limit().filter(|n| *n != 0);
            if memory.swap().is_some_and(|n| n > 0) && limit.is_none() {
                memory.set_limit(read("memory.max").trim().parse().ok());
            }
        }
        completed
    }
}
