//! The catalogue tables that ship with the program.

use super::CatalogueSources;

macro_rules! table {
    ($file:literal) => {
        (concat!("catalogue/", $file), include_str!(concat!("../../dictionaries/catalogue/", $file)))
    };
}

/// The shipped tables.
pub fn builtin_sources() -> CatalogueSources<'static> {
    CatalogueSources {
        editions: table!("editions.csv"),
        entries: vec![table!("gfspc-2025.csv"), table!("gid-2019.csv"), table!("gbepc-2021.csv")],
        conditions: vec![table!("conditions.csv")],
        crosswalk: table!("crosswalk.csv"),
        equipment: table!("equipment.csv"),
    }
}
