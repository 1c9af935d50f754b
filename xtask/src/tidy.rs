//! `cargo xtask tidy`: the rules of this project's code that no compiler knows.
//!
//! Each rule is a file: it takes text and gives findings, and is tested on small texts. This one reads the
//! workspace, runs them all and prints.
//!
//! Start reading at [`run`], then [`source`].

use std::path::Path;

use finding::Finding;
use floor::{Member, Need};
use source::Source;
use workspace::{File, Metadata, Package};

mod cycle;
mod exception;
mod fence;
mod finding;
mod floor;
mod function;
mod lex;
mod licence;
mod name;
mod size;
mod source;
mod stub;
mod text;
mod workspace;

/// One of our crates, with all that was read of it.
struct House<'a> {
    package: &'a Package,
    member: Member<'a>,
    sources: Vec<&'a Source<'a>>,
}

/// Checks the workspace; `--sizes` prints the table of sizes first.
pub fn run(args: &[String]) -> Result<(), String> {
    let with_table = match args {
        [] => false,
        [flag] if flag == "--sizes" => true,
        [other, ..] => return Err(format!("tidy knows only --sizes, not {other}")),
    };
    let metadata = Metadata::load()?;
    let files = workspace::files(&metadata.workspace_root)?;
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let sources: Vec<Source<'_>> = rust.map(|file| Source::new(&file.path, &file.text)).collect();
    let houses = houses(&metadata, &files, &sources);
    if with_table {
        let rows: Vec<_> = houses.iter().map(|house| (house.member.name, house.sources.clone())).collect();
        print!("{}", size::table(&rows));
    }
    let mut found = check_files(&files, &sources);
    found.extend(check_houses(&metadata, &houses));
    found.extend(check_policy(&metadata, &files));
    report(found, sources.len())
}

fn report(mut found: Vec<Finding>, files: usize) -> Result<(), String> {
    found.sort();
    found.dedup();
    for finding in &found {
        eprintln!("{finding}");
    }
    match found.len() {
        0 => println!("tidy: {files} Rust files are fine"),
        1 => return Err("tidy: 1 finding".to_owned()),
        many => return Err(format!("tidy: {many} findings")),
    }
    Ok(())
}

/// Sorts what was read by the crate that it belongs to.
fn houses<'a>(metadata: &'a Metadata, files: &'a [File], sources: &'a [Source<'a>]) -> Vec<House<'a>> {
    let house = |package: &'a Package| {
        let directory = metadata.relative(package.directory()) + "/";
        let manifest = files.iter().find(|file| file.path.strip_prefix(&directory) == Some("Cargo.toml"))?;
        let needs = package.dependencies.iter();
        let needs =
            needs.map(|need| Need { name: &need.name, for_tests: need.kind.as_deref() == Some("dev") });
        let member = Member {
            name: &package.name,
            floor: package.floor(),
            manifest: &manifest.path,
            text: &manifest.text,
            needs: needs.collect(),
        };
        let sources = sources.iter().filter(|source| source.path.starts_with(&directory)).collect();
        Some(House { package, member, sources })
    };
    metadata.members().into_iter().filter_map(house).collect()
}

/// The rules that look at one file.
fn check_files(files: &[File], sources: &[Source<'_>]) -> Vec<Finding> {
    let mut found: Vec<Finding> = files.iter().flat_map(text::check).collect();
    for source in sources {
        found.extend(function::check(source));
        found.extend(name::check(source));
        found.extend(stub::check(source));
        found.extend(size::check_file(source, exception::LONG_FILES));
    }
    found
}

/// The rules that look at one crate, or at how crates stand to each other.
fn check_houses(metadata: &Metadata, houses: &[House<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for House { package, member, sources } in houses {
        if member.name != fence::INSIDE {
            found.extend(fence::check_manifest(member));
            found.extend(sources.iter().flat_map(|source| fence::check_source(source)));
        }
        found.extend(size::check_crate(member.name, member.manifest, sources));
        for target in package.targets.iter().filter(|target| is_product(&target.kind)) {
            found.extend(check_cycles(member.name, &metadata.relative(&target.src_path), sources));
        }
    }
    let members: Vec<&Member<'_>> = houses.iter().map(|house| &house.member).collect();
    found.extend(floor::check(&members));
    found
}

fn is_product(kind: &[String]) -> bool {
    kind.iter().any(|kind| ["lib", "bin", "proc-macro"].contains(&kind.as_str()))
}

/// Finds the modules below a crate's root file and checks how they use each other.
fn check_cycles(name: &str, root: &str, sources: &[&Source<'_>]) -> Vec<Finding> {
    let Some(&root) = sources.iter().find(|source| source.path == root) else { return Vec::new() };
    let directory = Path::new(root.path).parent().unwrap_or(Path::new(""));
    let below = sources.iter().filter(|source| source.path != root.path);
    let modules = below.filter_map(|&source| {
        let path = source.path.strip_suffix(".rs")?;
        let path = Path::new(path).strip_prefix(directory).ok()?;
        Some((path.iter().filter_map(|part| part.to_str()).collect(), source))
    });
    cycle::check(&cycle::Crate { name, root, modules: modules.collect() })
}

/// The rules about the project as a whole.
fn check_policy(metadata: &Metadata, files: &[File]) -> Vec<Finding> {
    let exists = |path: &str| files.iter().any(|file| file.path == path);
    let mut found = exception::check(exception::LONG_FILES, exists);
    if !exists("ARCHITECTURE.md") {
        found.push(Finding::new("ARCHITECTURE.md", 1, "is missing"));
    }
    let policy = files.iter().find(|file| file.path == licence::POLICY).map_or("", |file| &file.text);
    found.extend(licence::check(&metadata.packages, &licence::allowed(policy)));
    found
}
