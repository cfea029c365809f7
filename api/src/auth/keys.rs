//! The keys in Postgres. Beside them, and what invoices say of customers, this crate has no SQL.

use sqlx::postgres::PgPool;
use subtle::ConstantTimeEq;

use super::key::Key;
use super::seen;

/// Why a key cannot be made or accepted.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is not a key.
    #[error("the key is not tg_admin_<id>_<secret>, with a secret of at least 40 letters and digits")]
    Malformed,
    /// Another secret goes by that id, or the key was revoked.
    #[error("key {key_id} was revoked, or has another secret")]
    Taken {
        /// The id.
        key_id: String,
    },
    /// The operating system gives no randomness.
    #[error("no randomness to draw a key from")]
    NoRandomness(#[from] rand::rand_core::OsError),
    /// Postgres is away.
    #[error("the keys cannot be reached")]
    Unavailable(#[from] sqlx::Error),
}

/// Makes an admin key and gives its text. Only a hash is kept: the text is shown now or never.
///
/// # Errors
/// If Postgres is away.
pub async fn create_admin_key(pool: &PgPool) -> Result<String, KeyError> {
    let key = Key::draw()?;
    store(pool, &key).await?;
    Ok(key.reveal())
}

/// Makes a key that was drawn elsewhere an admin key. Safe to repeat; a revoked key stays revoked.
///
/// # Errors
/// If the text is not a key, its id is taken or revoked, or Postgres is away.
pub async fn accept_admin_key(pool: &PgPool, key: &str) -> Result<(), KeyError> {
    let key = Key::read(key.trim()).ok_or(KeyError::Malformed)?;
    store(pool, &key).await?;
    if holds(pool, &key).await? {
        return Ok(());
    }
    Err(KeyError::Taken { key_id: key.id })
}

/// Ends a key, for ever: at once for the API of this process, within five seconds for that of any other.
///
/// # Errors
/// If Postgres is away.
pub async fn revoke_key(pool: &PgPool, key_id: &str) -> Result<(), KeyError> {
    sqlx::query("UPDATE auth.keys SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL")
        .bind(key_id)
        .execute(pool)
        .await?;
    seen::forget_all();
    Ok(())
}

async fn store(pool: &PgPool, key: &Key) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO auth.keys (key_id, kind, hash) VALUES ($1, 'admin', $2) ON CONFLICT DO NOTHING")
        .bind(&key.id)
        .bind(key.hash().as_slice())
        .execute(pool)
        .await?;
    Ok(())
}

/// Is the key one of ours, and not revoked? An unknown id is compared too, with a hash no secret has, so that the
/// time it takes tells nothing.
pub(super) async fn holds(pool: &PgPool, key: &Key) -> Result<bool, sqlx::Error> {
    let found: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM auth.keys WHERE key_id = $1 AND kind = 'admin' AND revoked_at IS NULL")
            .bind(&key.id)
            .fetch_optional(pool)
            .await?;
    let known = found.is_some();
    let kept = found.unwrap_or_else(|| vec![0; 32]);
    Ok(bool::from(kept.ct_eq(&key.hash())) && known)
}
