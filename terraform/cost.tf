# The budget, and how much a day's queries may scan.
variable "cost" {
  description = "Bounds of what is spent; what each setting means: modules/cost/variables.tf."
  type = object({
    billing_account        = optional(string)
    monthly_amount         = optional(number, 500)
    currency               = optional(string)
    query_terabytes_a_user = optional(number)
    query_terabytes        = optional(number)
  })
  default  = {}
  nullable = false
}

module "cost" {
  source = "./modules/cost"

  project                = local.project
  project_number         = var.project_number
  name                   = local.prefix
  billing_account        = var.cost.billing_account
  monthly_amount         = var.cost.monthly_amount
  currency               = var.cost.currency
  notification_channels  = module.observability.notification_channels
  query_terabytes_a_user = var.cost.query_terabytes_a_user
  query_terabytes        = var.cost.query_terabytes

  depends_on = [google_project_service.this]
}
