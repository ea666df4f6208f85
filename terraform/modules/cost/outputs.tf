output "budget" {
  description = "The budget's id, null without a billing account."
  value       = one(google_billing_budget.this[*].id)
}
