//! A catalog as it is named on the command line: a file, or what was published of a product.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use domain::ProductCode;
use domain::catalog::{Catalog, CatalogVersion, Definition};

use super::{CatalogError, read};

/// A catalog as it is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A file.
    File(PathBuf),
    /// What was published.
    Published {
        /// Of this product.
        product: ProductCode,
        /// This version; the newest, if `None`.
        version: Option<u32>,
    },
}

impl FromStr for Named {
    type Err = &'static str;

    /// A product's code has neither a dot nor a slash; the name of a catalog file has one or the other.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(['.', '/']) {
            return Ok(Self::File(text.into()));
        }
        let (product, version) = match text.split_once('@') {
            Some((product, version)) => (product, Some(version.parse().map_err(|_| "a version is a whole number")?)),
            None => (text, None),
        };
        let product = ProductCode::new(product).map_err(|_| "neither a file nor PRODUCT or PRODUCT@VERSION")?;
        Ok(Self::Published { product, version })
    }
}

/// A version of what was published; the newest, if `None`.
pub fn version(
    catalog: &Catalog,
    product: &ProductCode,
    version: Option<u32>,
) -> Result<Arc<CatalogVersion>, CatalogError> {
    let never = || CatalogError::NeverPublished { product: product.clone() };
    let newest = catalog.latest().ok_or_else(never)?;
    let Some(version) = version else { return Ok(newest.clone()) };
    let unknown = || CatalogError::UnknownVersion { product: product.clone(), version, newest: newest.version };
    catalog.version(version).cloned().ok_or_else(unknown)
}

/// What a name stands for. `published` is only asked for what is not a file.
pub async fn definition<E: From<CatalogError>>(
    named: &Named,
    published: impl AsyncFn(&ProductCode) -> Result<Catalog, E>,
) -> Result<Definition, E> {
    match named {
        Named::File(path) => Ok(read(path)?),
        Named::Published { product, version } => {
            let catalog = published(product).await?;
            Ok(self::version(&catalog, product, *version)?.definition.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_or_a_product_with_or_without_a_version() {
        let published =
            |product: &str, version| Ok(Named::Published { product: ProductCode::new(product).unwrap(), version });
        let file = |path: &str| Ok(Named::File(path.into()));
        for (text, expected) in [
            ("agencia", published("agencia", None)),
            ("compra-agil@12", published("compra-agil", Some(12))),
            ("agencia.toml", file("agencia.toml")),
            ("./agencia", file("./agencia")),
            ("old@2/agencia.toml", file("old@2/agencia.toml")),
            ("agencia@", Err("a version is a whole number")),
            ("agencia@newest", Err("a version is a whole number")),
            ("", Err("neither a file nor PRODUCT or PRODUCT@VERSION")),
            ("two words", Err("neither a file nor PRODUCT or PRODUCT@VERSION")),
        ] {
            assert_eq!(text.parse::<Named>(), expected, "{text}");
        }
    }
}
