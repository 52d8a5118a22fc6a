//! From the facts to what is wrong: each stage from the address to the answer, the first that fails before the later ones.

#[cfg(test)]
mod tests;

use portico::static_files::Manifest;

use super::advice::{START_AGAIN, collect, correct, stack, upload};
use super::answer;
use super::facts::{Bucket, Facts, File, Local, Remote, Version};
use super::finding::{Cause, Finding};
use crate::doctor::http::NoAnswer;

/// Finds what is wrong; nothing, where the file is served well.
pub(super) fn diagnose(facts: &Facts) -> Vec<Finding> {
    let mut findings = address(facts);
    let Some(file) = &facts.file else {
        if findings.is_empty() {
            let what = format!("{} can be the address of no file", facts.asked);
            findings.push(Finding::new(Cause::WrongAddress, what, "Ask for the address of a file below STATIC_URL"));
        }
        return findings;
    };
    // Whoever serves it today, a deployment will not.
    findings.extend(ignored(file));
    findings.extend(damaged(facts, file));
    if let Some(finding) = hashed_in_folder(facts, file) {
        findings.push(finding);
        return findings;
    }
    let mut faults = answer::faults(facts, file);
    let is_good = file.site.answer.as_ref().is_ok_and(|answer| answer.status == 200)
        && faults.is_empty()
        && file.site.is_source != Some(false);
    if !is_good {
        findings.extend(source(file));
        findings.extend(collected(facts, file));
    }
    let is_collected = !findings.iter().any(|finding| {
        matches!(finding.cause, Cause::NoSuchFile | Cause::Ignored | Cause::Refused | Cause::NotCollected)
    });
    let is_comparable = file.site.answer.as_ref().is_ok_and(|answer| answer::is_comparable(&faults, file, answer));
    let is_other = is_comparable && is_other_content(file);
    findings.extend(version(facts, file));
    if let Some(finding) = cached(facts, file, is_other) {
        findings.push(finding);
        // An error in memory is not what answers now; wrong headers of an older content are wrong all the same.
        faults.retain(|fault| fault.cause != Cause::NotStatic);
        findings.extend(faults);
        return findings;
    }
    if is_collected && !is_good {
        findings.extend(uploaded(facts, file, is_other));
    }
    findings.extend(unreachable(facts, file));
    findings.extend(faults);
    findings.extend(refused(facts, file, is_other, &findings));
    findings
}

fn address(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let remedy = || match &facts.file {
        Some(_) => format!("Ask for {}; in a page `static()` makes the address", facts.right),
        None => format!("Addresses of static files begin with {}", facts.right),
    };
    if let Some(origin) = &facts.other_host {
        let what = format!("{} is on another host than STATIC_URL, {origin}", facts.asked);
        findings.push(Finding::new(Cause::OtherHost, what, remedy()));
    }
    if let Some(misplaced) = &facts.misplaced {
        findings.push(Finding::new(Cause::WrongAddress, format!("{} {misplaced}", facts.asked), remedy()));
    }
    findings
}

/// A file that no deployment will have.
fn ignored(file: &File) -> Option<Finding> {
    let is_collected = matches!(file.collected.manifest, Local::Read { hashed: Some(_), .. });
    if file.source.path.is_some() || is_collected {
        return None;
    }
    let (path, pattern) = file.source.ignored.as_ref()?;
    let what = format!("{} is there, and is not collected: the pattern {pattern} leaves it out", path.display());
    let remedy = "Give it another name; `cargo manage collectstatic --no-default-ignore` collects such names too";
    Some(Finding::new(Cause::Ignored, what, remedy))
}

/// What is wrong in `STATIC_ROOT` for all files.
fn damaged(facts: &Facts, file: &File) -> Option<Finding> {
    let Local::Unreadable(why) = &file.collected.manifest else { return None };
    let what = format!("staticfiles.json in {} cannot be used: {why}", file.collected.root.display());
    Some(Finding::new(Cause::DamagedManifest, what, collect(facts)))
}

/// A name with a hash, at a server that has none.
fn hashed_in_folder(facts: &Facts, file: &File) -> Option<Finding> {
    let is_there = file.site.answer.as_ref().is_ok_and(|answer| answer.status == 200);
    if !facts.is_local || !file.site.is_from_folder || file.version == Version::Plain || is_there {
        return None;
    }
    let what = format!("{} has a hash, and `cargo manage runserver` serves plain names", facts.right);
    let remedy = format!("Ask for {}; with `--collected` it serves names with a hash too", file.name);
    Some(Finding::new(Cause::WrongAddress, what, remedy))
}

/// What the folders say.
fn source(file: &File) -> Option<Finding> {
    let name = &file.name;
    // The manifest is nobody's source.
    let is_manifest = name == Manifest::NAME && file.collected.has_asked;
    if is_manifest
        || file.source.path.is_some()
        || file.source.ignored.is_some()
        || matches!(file.collected.manifest, Local::Read { hashed: Some(_), .. })
    {
        return None;
    }
    if let Some(problem) = file.source.problems.first() {
        let remedy = "Put the file itself into a folder of STATICFILES_DIRS, readable for whoever collects";
        return Some(Finding::new(Cause::Refused, problem, remedy));
    }
    let what = format!("no folder of STATICFILES_DIRS has {name}");
    let remedy = match file.source.near.as_slice() {
        [] => "Put it there, or add its folder to STATICFILES_DIRS".to_owned(),
        near => format!("Perhaps it is {}; names differ in case too", near.join(", or ")),
    };
    Some(Finding::new(Cause::NoSuchFile, what, remedy))
}

/// What `STATIC_ROOT` says of a file that the folders have.
fn collected(facts: &Facts, file: &File) -> Option<Finding> {
    // A development server needs no collect step, and nobody says yet that it is another one.
    let source = file.source.path.as_ref().filter(|_| !facts.is_local || file.site.answer.is_ok())?;
    let (name, root) = (&file.name, file.collected.root.display());
    let what = match &file.collected.manifest {
        Local::Missing => format!("{root} has no staticfiles.json: nothing was collected, or not to its end"),
        Local::Read { hashed: None, .. } => {
            format!("{} is there, and the manifest in {root} has no {name}", source.display())
        }
        Local::Read { hashed: Some(_), .. } if !file.collected.has_plain => {
            format!("the manifest in {root} has {name}, and the folder has no such file")
        }
        Local::Read { hashed: Some(hashed), .. } if file.version == Version::Current && !file.collected.has_asked => {
            format!("the manifest in {root} has {hashed}, and the folder has no such file")
        }
        Local::Read { .. } if file.collected.is_outdated && file.site.is_source != Some(true) => {
            let what = format!("{} has changed since {name} was collected in {root}", source.display());
            return Some(Finding::new(Cause::Outdated, what, collect(facts)));
        }
        Local::Unreadable(_) | Local::Read { .. } => return None,
    };
    Some(Finding::new(Cause::NotCollected, what, collect(facts)))
}

/// What the manifest says of a name with a hash.
fn version(facts: &Facts, file: &File) -> Option<Finding> {
    let Local::Read { hashed: Some(hashed), hash } = &file.collected.manifest else { return None };
    if file.version != Version::Other {
        return None;
    }
    let asked = &file.asked_name;
    if let Remote::Read { hashed: Some(there), hash: other } = &file.site.manifest
        && there == asked
    {
        let what = format!(
            "the site is at another version than {}: its manifest {other} has {asked}, the one here, {hash}, has {hashed}",
            file.collected.root.display()
        );
        let deploy = || format!("{}, then build and deploy the functions (`sam build && sam deploy`)", upload(facts));
        let remedy = if facts.is_local { START_AGAIN.to_owned() } else { deploy() };
        return Some(Finding::new(Cause::StaleManifest, what, remedy));
    }
    let old = match file.site.answer.as_ref().map(|answer| answer.status) {
        Ok(200) => "the old one is still there".to_owned(),
        Ok(status) => format!("the old one is not there any more ({status})"),
        Err(_) => "nobody tells whether the old one is still there".to_owned(),
    };
    let what = format!("{asked} has the hash of another content: {hashed} is right now, and {old}");
    let deploy =
        "build and deploy the functions (`sam build && sam deploy`), whose pages have the names of another manifest";
    let remedy = match file.site.current {
        Some(200) if facts.is_local => {
            "That one is at the site already: load the page again, in which `static()` makes the address".to_owned()
        }
        _ if facts.is_local => START_AGAIN.to_owned(),
        Some(200) => format!("That one is at the site already: {deploy}"),
        None => format!("{}, then {deploy}", upload(facts)),
        Some(status) => format!("{}, as {hashed} is not there either ({status}); then {deploy}", upload(facts)),
    };
    Some(Finding::new(Cause::StaleManifest, what, remedy))
}

/// What a cache says that is no longer so.
fn cached(facts: &Facts, file: &File, is_other: bool) -> Option<Finding> {
    let answer = file.site.answer.as_ref().ok()?;
    let by_whom = ["age", "x-cache"].into_iter().filter_map(|name| Some(format!("{name}: {}", answer.header(name)?)));
    let by_whom = by_whom.collect::<Vec<_>>().join(", ");
    let shown = if by_whom.is_empty() { "a cache on the way".to_owned() } else { by_whom };
    let is_there = matches!(file.bucket, Some(Bucket::Read { is_there: true, .. }));
    let what = if answer.status >= 400 && file.site.fresh == Some(200) {
        format!("{} is answered from memory ({shown}), the same with a new query is there", answer.status)
    } else if answer.status >= 400 && is_there && answer.header("age").is_some() {
        format!("{} is answered from memory ({shown}), and the bucket has the file", answer.status)
    } else if answer.status == 200 && is_same_manifest(file) && is_other {
        format!("an older content is answered from memory ({shown}), and the site's manifest is the one here")
    } else {
        return None;
    };
    if facts.is_local {
        return Some(Finding::new(Cause::Cached, what, START_AGAIN));
    }
    let path = url::Url::parse(&facts.right).map_or_else(|_| facts.right.clone(), |url| url.path().to_owned());
    // It stands between quotes in a command that somebody may paste, and an address may be a stranger's.
    let path = path.replace('\'', "%27");
    let stack = stack(facts);
    let remedy = format!(
        "Wait until it is forgotten (STATIC_MAX_AGE, for an error a second), or run `aws cloudfront create-invalidation \
         --paths '{path}' --distribution-id $(aws cloudformation describe-stack-resource --stack-name {stack} \
         --logical-resource-id Distribution --query StackResourceDetail.PhysicalResourceId --output text)`"
    );
    Some(Finding::new(Cause::Cached, what, remedy))
}

fn is_same_manifest(file: &File) -> bool {
    matches!((&file.collected.manifest, &file.site.manifest),
        (Local::Read { hash, .. }, Remote::Read { hash: there, .. }) if hash == there)
}

/// Whether the answer is neither what was collected nor what is in the folders.
fn is_other_content(file: &File) -> bool {
    file.version != Version::Other && file.site.is_collected == Some(false) && file.site.is_source != Some(true)
}

/// Whether what was collected is at the site.
fn uploaded(facts: &Facts, file: &File, is_other: bool) -> Option<Finding> {
    let Local::Read { hashed: Some(_), hash } = &file.collected.manifest else { return None };
    let answer = file.site.answer.as_ref().ok()?;
    let is_missing = matches!(answer.status, 403 | 404 | 410) && file.version != Version::Other;
    if let Some(Bucket::Read { name, key, is_there: false }) = &file.bucket
        && file.version != Version::Other
    {
        return Some(Finding::new(Cause::NotUploaded, format!("the bucket {name} has no {key}"), upload(facts)));
    }
    let is_older = answer.status == 200 && is_other;
    if !is_missing && !is_older {
        return None;
    }
    let what = match &file.site.manifest {
        Remote::Read { hash: there, .. } if there == hash => return None,
        Remote::Read { hashed: None, hash: there } => {
            format!("the site's staticfiles.json ({there}) has no {}, the one here ({hash}) has it", file.name)
        }
        Remote::Read { hash: there, .. } => {
            format!("the site's staticfiles.json ({there}) is of another version than the one here ({hash})")
        }
        // On this machine files may be served from their folders, without a manifest.
        Remote::Missing(status) if !facts.is_local && is_missing => {
            format!("the site has no staticfiles.json ({status}): nothing was uploaded, or not to its end")
        }
        Remote::Missing(_) | Remote::Unreadable => return None,
    };
    // Nothing is uploaded to a server on this machine: it has read another one.
    if facts.is_local {
        return Some(Finding::new(Cause::Cached, what, START_AGAIN));
    }
    Some(Finding::new(Cause::NotUploaded, what, upload(facts)))
}

fn unreachable(facts: &Facts, file: &File) -> Option<Finding> {
    let right = &facts.right;
    Some(match file.site.answer.as_ref().err()? {
        NoAnswer::Unreachable(why) if facts.is_local => {
            let remedy = "Start it with `cargo manage runserver`, or tell another site with --site";
            Finding::new(Cause::NoAnswer, format!("{right} does not answer: {why}"), remedy)
        }
        NoAnswer::Unreachable(why) => {
            let remedy = "See whether the name leads to the distribution (DNS), and whether the stack is deployed";
            Finding::new(Cause::NoAnswer, format!("{right} does not answer: {why}"), remedy)
        }
        NoAnswer::Tls(why) if facts.is_local => {
            let remedy = "Ask for it by http://: `cargo manage runserver` speaks no TLS";
            Finding::new(Cause::Tls, format!("there is no TLS with {right}: {why}"), remedy)
        }
        NoAnswer::Tls(why) => {
            let remedy = "See that the certificate (CertificateArn in template.yaml) is valid and of this name, and that https \
                          is spoken at this port";
            Finding::new(Cause::Tls, format!("there is no TLS with {right}: {why}"), remedy)
        }
        NoAnswer::Redirects(hops) => {
            let what = format!("{right} leads on and on: {}", hops.join(", "));
            let remedy = "Find who redirects: a static file is answered at its own address";
            Finding::new(Cause::Redirects, what, remedy)
        }
    })
}

/// An error that says why, or that nothing else explains.
fn refused(facts: &Facts, file: &File, is_other: bool, found: &[Finding]) -> Option<Finding> {
    let answer = file.site.answer.as_ref().ok()?;
    let has = |causes: &[Cause]| found.iter().any(|finding| causes.contains(&finding.cause));
    let (status, right) = (answer.status, &facts.right);
    if matches!(status, 401 | 403) {
        if has(&[Cause::NotUploaded, Cause::NotStatic]) {
            return None;
        }
        let is_of_s3 = answer::is_of_s3(answer);
        let by = if is_of_s3 { "S3 or CloudFront refuses" } else { "the site refuses" };
        let what = format!("{by} {right} ({status}{})", answer::error_code(answer));
        let remedy = "See in template.yaml that StaticBucketPolicy lets this Distribution read static/*, that the origin has \
                      the OriginAccessControlId of StaticAccess, and that the path of STATIC_URL is the prefix of the keys; \
                      deploy again. Missing files are refused too, where the policy does not allow s3:ListBucket";
        let remedy = if is_of_s3 { remedy.to_owned() } else { correct(facts, remedy) };
        return Some(Finding::new(Cause::Forbidden, what, remedy));
    }
    // None of these explains an error, or another content.
    let apart = [Cause::WrongAddress, Cause::OtherHost, Cause::WrongType, Cause::NoNosniff, Cause::WrongEncoding];
    if found.iter().any(|finding| !apart.contains(&finding.cause)) {
        return None;
    }
    if status == 200 {
        let what = format!("{right} is answered with another content than is here");
        let remedy = "See that the site is the one of this project, and whether it was deployed from another checkout";
        return is_other.then(|| Finding::new(Cause::Unexplained, what, remedy));
    }
    let what = format!("{right} is answered with {status}, and everything before seems well");
    let remedy = if facts.is_local {
        format!("See that the server is the one of this project, and what it says. {START_AGAIN}")
    } else if status >= 500 {
        "Read what the log of the function says (`sam logs`); STATIC_OVERSIZE_URL is for files that it cannot answer with"
            .to_owned()
    } else {
        "See that the address is the stack's, and that /static/* leads to its bucket in template.yaml; --stack tells \
         whether the bucket has the file"
            .to_owned()
    };
    Some(Finding::new(Cause::Unexplained, what, remedy))
}
