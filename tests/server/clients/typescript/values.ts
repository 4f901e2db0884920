// The types whose objects are no things of their own, but part of the object around them. Some of them have an
// `id` that names something else: it is no key.
export const values = [
  'Actor',
  'Address',
  'AuditActor',
  'AuditSubject',
  'BlockedItem',
  'Branding',
  'CreateOrderResult',
  'EInvoice',
  'EInvoiceProblem',
  'ElectronicAddress',
  'InvoiceOrderResult',
  'InvoicePreview',
  'OrderAction',
  'Party',
  'Period',
  'Refusal',
  'Reimbursement',
  'VatAmount',
];
