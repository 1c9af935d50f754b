//! `COPY` and `ADD`.

use crate::statement::Statement;
use crate::{
    ast::{AddFiles, CopyFiles, Heredoc, Transfer},
    error::Fault,
    expand::variables_in,
    heredoc,
};

/// `COPY [flags] source ... destination`
pub(super) fn copy(statement: &Statement<'_>, heredocs: Vec<Heredoc>) -> Result<CopyFiles, Fault> {
    statement.allow_flags(&["from", "chown", "chmod", "link", "parents", "exclude"])?;
    let flags = &statement.flags;
    let from = flags.text("from")?;
    if let Some(flag) = &from
        && !variables_in(&flag.value, statement.escape).is_empty()
    {
        let message = "`--from` takes no variables: give the image a stage of its own with FROM ... AS";
        return Err(Fault::new(flag.position, message));
    }
    Ok(CopyFiles { transfer: transfer(statement, heredocs)?, from, parents: flags.switch("parents")? })
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
