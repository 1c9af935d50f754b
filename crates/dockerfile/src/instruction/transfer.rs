//! `COPY` and `ADD`.

use crate::statement::Statement;
use crate::{
    ast::{AddFiles, ClosureSize, CopyFiles, Flag, Heredoc, Transfer},
    error::Fault,
    expand::variables_in,
    heredoc,
};

/// `COPY [flags] source ... destination`
pub(super) fn copy(statement: &Statement<'_>, heredocs: Vec<Heredoc>) -> Result<CopyFiles, Fault> {
    statement.allow_flags(&["from", "chown", "chmod", "link", "parents", "exclude", "closure"])?;
    let flags = &statement.flags;
    let from = flags.text("from")?;
    if let Some(flag) = &from
        && !variables_in(&flag.value, statement.escape).is_empty()
    {
        let message = "`--from` takes no variables: give the image a stage of its own with FROM ... AS";
        return Err(Fault::new(flag.position, message));
    }
    let sizes = [("safe", ClosureSize::Safe), ("strict", ClosureSize::Strict)];
    let closure = flags.choice_or("closure", &sizes, ClosureSize::Safe)?;
    if let Some(flag) = &closure {
        check_closure(flag, from.is_some(), &heredocs)?;
    }
    let parents = flags.switch("parents")?;
    Ok(CopyFiles { transfer: transfer(statement, heredocs)?, from, parents, closure })
}

/// What a program needs can only be found in a root that has it.
fn check_closure(flag: &Flag<ClosureSize>, has_origin: bool, heredocs: &[Heredoc]) -> Result<(), Fault> {
    if !has_origin {
        let message = "`--closure` needs `--from`: the build context has no loader and no libraries, a stage or an image has";
        return Err(Fault::new(flag.position, message));
    }
    if let Some(heredoc) = heredocs.first() {
        let message =
            format!("`--closure` copies what is in a stage or an image, and `<<{}` is not", heredoc.name);
        return Err(Fault::new(flag.position, message));
    }
    Ok(())
}

/// `ADD [flags] source ... destination`
pub(super) fn add(statement: &Statement<'_>, heredocs: Vec<Heredoc>) -> Result<AddFiles, Fault> {
    statement.allow_flags(&["checksum", "keep-git-dir", "unpack", "chown", "chmod", "link", "exclude"])?;
    let flags = &statement.flags;
    Ok(AddFiles {
        transfer: transfer(statement, heredocs)?,
        checksum: flags.text("checksum")?,
        keep_git_dir: flags.switch("keep-git-dir")?,
        unpack: flags.switch("unpack")?,
    })
}

fn transfer(statement: &Statement<'_>, heredocs: Vec<Heredoc>) -> Result<Transfer, Fault> {
    let flags = &statement.flags;
    let (sources, destination) = ends(statement, &heredocs)?;
    Ok(Transfer {
        sources,
        heredocs,
        destination,
        chown: flags.text("chown")?,
        chmod: flags.text("chmod")?,
        link: flags.switch("link")?,
        exclude: flags.texts("exclude")?,
    })
}

/// The sources that are no heredocs, and the destination.
fn ends(statement: &Statement<'_>, heredocs: &[Heredoc]) -> Result<(Vec<String>, String), Fault> {
    let keyword = &statement.keyword;
    let mut words = match heredocs {
        [] => statement.strings_or_words(statement.rest)?,
        _ => heredoc::words(statement.rest.text),
    };
    if words.len() < 2 {
        let given = if words.is_empty() { "none was given" } else { "the destination is missing" };
        return Err(statement.fault(format!("{keyword} requires at least two arguments: {given}")));
    }
    let destination = words.pop().expect("there are at least two words");
    if !heredocs.is_empty() && heredoc::declaration(&destination).is_some() {
        return Err(statement.fault(format!("{keyword} cannot have a heredoc as its destination")));
    }
    words.retain(|word| heredocs.is_empty() || heredoc::declaration(word).is_none());
    Ok((words, destination))
}
