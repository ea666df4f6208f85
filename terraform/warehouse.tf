# Datasets, bronze's tables, and who sees which columns and rows.
variable "warehouse" {
  description = "BigQuery; what each setting means: modules/warehouse/variables.tf and variables_governance.tf."
  type = object({
    require_partition_filter = optional(bool, true)
    time_travel_hours        = optional(number, 168)
    storage_billing_model    = optional(string, "LOGICAL")
    event_days               = optional(number)
    dead_letter_days         = optional(number)
    biglake                  = optional(bool, true)
    authorized_datasets      = optional(bool, true)
    policy_tags              = optional(bool, true)
    masking                  = optional(map(string), { pii = "SHA256" })
    column_readers           = optional(map(string), {})
    masked_readers           = optional(map(string), {})
    row_policies = optional(map(object({
      layer = string, table = string, filter = string, members = list(string)
    })), {})
    reservation = optional(object({
      edition = optional(string, "ENTERPRISE"), baseline_slots = optional(number, 0), max_slots = number
    }))
  })
  default  = {}
  nullable = false
}

module "warehouse" {
  source = "./modules/warehouse"

  project             = local.project
  location            = local.location
  datasets            = local.datasets
  bronze_bucket       = module.storage.buckets.bronze
  cdc_tables          = local.cdc_tables
  events              = local.events
  classifications     = module.contracts.classifications
  taxonomy_name       = local.prefix
  kms_key             = module.kms.keys.bigquery
  deletion_protection = var.deletion_protection

  require_partition_filter = var.warehouse.require_partition_filter
  time_travel_hours        = var.warehouse.time_travel_hours
  storage_billing_model    = var.warehouse.storage_billing_model
  event_days               = var.warehouse.event_days
  dead_letter_days         = var.warehouse.dead_letter_days
  biglake                  = var.warehouse.biglake
  authorized_datasets      = var.warehouse.authorized_datasets
  policy_tags              = var.warehouse.policy_tags
  masking                  = var.warehouse.masking
  masked_readers           = var.warehouse.masked_readers
  row_policies             = var.warehouse.row_policies
  reservation              = var.warehouse.reservation

  # The pipelines see what they carry; people are named.
  column_readers = merge(var.warehouse.column_readers, {
    for workload in ["landing_to_bronze", "events_to_bronze", "dagster", "dbt"] :
    workload => "serviceAccount:${module.iam.service_accounts[workload]}"
  })

  depends_on = [google_project_service.this]
}
