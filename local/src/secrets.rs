//! The signing key of one machine: made at the first start, kept in the data folder, readable by its owner alone.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// 256 random bits in hexadecimal.
pub(crate) fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// Makes the data folder, readable by its owner alone: it holds people's addresses and the hashes of their passwords.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// As [`create_private`], and closes one that an earlier start, or somebody else, has left open.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    create_private(folder)?;
    close(folder, 0o700)
}

/// Takes away what others may do with a file or folder of ours.
fn close(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

/// Makes a file readable by its owner alone, whether it is there already or not: others would make it readable by all.
pub(crate) fn create_private_file(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?;
    close(file, 0o600)
}

/// The key in `file`; a new one where there is none. Written beside it and renamed, so that a start that is cut short
/// leaves a whole key or none.
pub(crate) fn load_or_create(file: &Path) -> io::Result<String> {
    match fs::read_to_string(file) {
        Ok(key) if key.trim().len() >= 32 => {
            close(file, 0o600)?;
            return Ok(key.trim().to_owned());
        }
        Ok(_) => return Err(io::Error::other(format!("{} does not hold a key", file.display()))),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let key = random()?;
    let temporary = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&temporary)?;
    writeln!(opened, "{key}")?;
    opened.sync_all()?;
    fs::rename(&temporary, file)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_the_same_and_a_damaged_one_is_not_replaced() {
        let folder = std::env::temp_dir().join(format!("portico-key-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("secret-key");
        let key = load_or_create(&file).unwrap();
        assert_eq!(load_or_create(&file).unwrap(), key);
        fs::write(&file, "short").unwrap();
        assert!(load_or_create(&file).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
