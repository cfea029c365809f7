//! The words that stand on every document.

use crate::document::{Document, Kind, Status};
use crate::language::Language;

/// The words of one language.
pub(super) struct Words {
    invoice: &'static str,
    credit_note: &'static str,
    draft: &'static str,
    open: &'static str,
    paid_stamp: &'static str,
    void: &'static str,
    pub customer: &'static str,
    pub issued: &'static str,
    pub due_on: &'static str,
    pub currency: &'static str,
    pub corrects: &'static str,
    pub description: &'static str,
    pub quantity: &'static str,
    pub unit_price: &'static str,
    pub amount: &'static str,
    pub net: &'static str,
    pub kept: &'static str,
    pub total: &'static str,
    pub paid: &'static str,
    pub credited: &'static str,
    pub due: &'static str,
    /// Follows the name of a tax that the lines contain.
    pub included: &'static str,
    pub notes: &'static str,
    pub page: &'static str,
    pub of: &'static str,
}

const SPANISH: Words = Words {
    invoice: "Factura",
    credit_note: "Nota de crédito",
    draft: "Borrador",
    open: "Pendiente",
    paid_stamp: "Pagada",
    void: "Anulada",
    customer: "Cliente",
    issued: "Fecha de emisión",
    due_on: "Vencimiento",
    currency: "Moneda",
    corrects: "Corrige la factura",
    description: "Descripción",
    quantity: "Cantidad",
    unit_price: "Precio unitario",
    amount: "Importe",
    net: "Neto",
    kept: "A favor, pasa a su saldo",
    total: "Total",
    paid: "Pagado",
    credited: "Acreditado",
    due: "Por pagar",
    included: "incluido en los precios",
    notes: "Notas",
    page: "Página",
    of: "de",
};

const ENGLISH: Words = Words {
    invoice: "Invoice",
    credit_note: "Credit note",
    draft: "Draft",
    open: "Open",
    paid_stamp: "Paid",
    void: "Void",
    customer: "Bill to",
    issued: "Date of issue",
    due_on: "Due date",
    currency: "Currency",
    corrects: "Corrects invoice",
    description: "Description",
    quantity: "Quantity",
    unit_price: "Unit price",
    amount: "Amount",
    net: "Net",
    kept: "Goes to your balance",
    total: "Total",
    paid: "Paid",
    credited: "Credited",
    due: "Amount due",
    included: "included in prices",
    notes: "Notes",
    page: "Page",
    of: "of",
};

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        language.pick(&SPANISH, &ENGLISH)
    }

    /// What the document is.
    pub(super) fn kind(&self, document: &Document) -> &'static str {
        match document.kind {
            Kind::Invoice => self.invoice,
            Kind::CreditNote { .. } => self.credit_note,
        }
    }

    /// The document by its number: `Factura F-1203`; a draft has none.
    pub(super) fn title(&self, document: &Document) -> String {
        let kind = self.kind(document);
        match &document.number {
            Some(number) => format!("{kind} {number}"),
            None => format!("{kind} ({})", self.draft.to_lowercase()),
        }
    }

    /// What the stamp says.
    pub(super) fn stamp(&self, status: Option<Status>, is_draft: bool) -> Option<&'static str> {
        if is_draft {
            return Some(self.draft);
        }
        status.map(|status| match status {
            Status::Open => self.open,
            Status::Paid => self.paid_stamp,
            Status::Void => self.void,
        })
    }
}
