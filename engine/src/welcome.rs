//! What `tollgate up` leaves in its data folder and tells whoever started it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::address::write_private;

/// The admin key an earlier start left in the data folder.
pub fn known_key(data: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(data.join("admin.key")) {
        Ok(key) => Ok(Some(key.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Leaves the admin key for its owner's eyes; the database has only its hash.
pub fn leave_key(data: &Path, key: &str) -> io::Result<()> {
    write_private(&data.join("admin.key"), key.as_bytes())
}

/// Leaves `env.sh`, so that a shell knows the address and the key: `. .tollgate/data/env.sh`.
pub fn leave_environment(data: &Path, address: SocketAddr, key: &str) -> io::Result<()> {
    let text = format!("export TOLLGATE=http://{address}\nexport TOLLGATE_KEY={key}\n");
    write_private(&data.join("env.sh"), text.as_bytes())
}

/// The address an earlier start has left: a caller that was told it finds the API there again.
#[must_use]
pub fn known_address(data: &Path) -> Option<SocketAddr> {
    let text = fs::read_to_string(data.join("env.sh")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("export TOLLGATE=http://"))?.parse().ok()
}

/// What is printed once everything runs.
#[must_use]
pub fn text(data: &Path, address: SocketAddr, key: &str) -> String {
    let environment = data.join("env.sh");
    format!(
        "\
Tollgate is up.

  API        http://{address}/v1
  OpenAPI    http://{address}/docs
  Health     http://{address}/v1/health
  Admin key  {key}

Try it in another terminal:

  . {environment}
  curl -s -H \"Authorization: Bearer $TOLLGATE_KEY\" $TOLLGATE/v1/products/agencia/plans

Ctrl-C stops it; the data stays in {data}.
",
        environment = environment.display(),
        data = data.display(),
    )
}
