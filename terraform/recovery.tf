# Copies of datasets elsewhere. Only what cannot be built again from the buckets need be copied: docs/terraform.md.
variable "recovery" {
  description = "Nightly copies; what each setting means: modules/recovery/variables.tf."
  type = object({
    layers   = optional(set(string), [])
    location = optional(string, "europe-west4")
    schedule = optional(string, "every day 03:30")
    key      = optional(string)
  })
  default  = {}
  nullable = false
  validation {
    condition     = length(setsubtract(var.recovery.layers, ["bronze", "silver", "gold", "ops"])) == 0
    error_message = "Layers are bronze, silver, gold, ops."
  }
}

module "recovery" {
  source = "./modules/recovery"

  project             = local.project
  project_number      = var.project_number
  name                = local.prefix
  datasets            = { for layer in var.recovery.layers : layer => module.warehouse.datasets[layer] }
  recovery_location   = var.recovery.location
  recovery_key        = var.recovery.key != null ? var.recovery.key : module.kms.keys.copies
  schedule            = var.recovery.schedule
  deployers           = { ci = module.iam.service_accounts.ci }
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.this]
}
