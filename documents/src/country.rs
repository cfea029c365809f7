//! Names of countries, where documents are sent most.

use crate::language::Language;

/// Code (ISO 3166), Spanish, English.
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AR", "Argentina", "Argentina"),
    ("AU", "Australia", "Australia"),
    ("BO", "Bolivia", "Bolivia"),
    ("BR", "Brasil", "Brazil"),
    ("CA", "Canadá", "Canada"),
    ("CH", "Suiza", "Switzerland"),
    ("CL", "Chile", "Chile"),
    ("CN", "China", "China"),
    ("CO", "Colombia", "Colombia"),
    ("CR", "Costa Rica", "Costa Rica"),
    ("CU", "Cuba", "Cuba"),
    ("DE", "Alemania", "Germany"),
    ("DO", "República Dominicana", "Dominican Republic"),
    ("EC", "Ecuador", "Ecuador"),
    ("ES", "España", "Spain"),
    ("FR", "Francia", "France"),
    ("GB", "Reino Unido", "United Kingdom"),
    ("GT", "Guatemala", "Guatemala"),
    ("HN", "Honduras", "Honduras"),
    ("IE", "Irlanda", "Ireland"),
    ("IN", "India", "India"),
    ("IT", "Italia", "Italy"),
    ("JP", "Japón", "Japan"),
    ("MX", "México", "Mexico"),
    ("NI", "Nicaragua", "Nicaragua"),
    ("NL", "Países Bajos", "Netherlands"),
    ("PA", "Panamá", "Panama"),
    ("PE", "Perú", "Peru"),
    ("PR", "Puerto Rico", "Puerto Rico"),
    ("PT", "Portugal", "Portugal"),
    ("PY", "Paraguay", "Paraguay"),
    ("SV", "El Salvador", "El Salvador"),
    ("US", "Estados Unidos", "United States"),
    ("UY", "Uruguay", "Uruguay"),
    ("VE", "Venezuela", "Venezuela"),
];

/// The country's name, or its code if the name is not known here.
pub(crate) fn name(code: &str, language: Language) -> &str {
    let known = COUNTRIES.iter().find(|(known, ..)| *known == code);
    known.map_or(code, |(_, spanish, english)| language.pick(spanish, english))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_goes_by_its_name_or_else_by_its_code() {
        let cases = [("CL", "Chile", "Chile"), ("US", "Estados Unidos", "United States"), ("NZ", "NZ", "NZ")];
        for (code, spanish, english) in cases {
            assert_eq!((name(code, Language::Spanish), name(code, Language::English)), (spanish, english));
        }
    }
}
