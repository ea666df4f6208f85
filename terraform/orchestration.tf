# Dagster: when and in what order.
variable "orchestration" {
  description = "Dagster's host and database; what each setting means: modules/orchestration/variables.tf."
  type = object({
    enabled           = optional(bool, true)
    image             = optional(string)
    ui_members        = optional(set(string), [])
    ui_always_on      = optional(bool, true)
    ingress           = optional(string, "INGRESS_TRAFFIC_ALL")
    run_cpu           = optional(string, "2")
    run_memory        = optional(string, "4Gi")
    database_tier     = optional(string, "db-custom-1-3840")
    high_availability = optional(bool, false)
    backup_location   = optional(string)
    schedules         = optional(bool, true)
    environment       = optional(map(string), {})
  })
  default  = {}
  nullable = false
}

module "orchestration" {
  source = "./modules/orchestration"
  count  = var.orchestration.enabled ? 1 : 0

  project         = local.project
  project_number  = var.project_number
  region          = local.region
  name            = local.prefix
  labels          = local.labels
  image           = var.orchestration.image
  service_account = module.iam.service_accounts.dagster
  network_id      = module.network.network_id
  subnetwork_id   = module.network.subnetwork_id
  log_bucket      = local.buckets.temp
  database_key    = module.kms.keys.sql
  secret_key      = module.kms.keys.secretmanager
  sources         = keys(var.replication.connections)

  environment = merge(
    {
      SLUICE_DATASET_PREFIX      = var.dataset_prefix
      SLUICE_LOCATION            = local.location
      SLUICE_REGION              = local.region
      SLUICE_DBT_SERVICE_ACCOUNT = module.iam.service_accounts.dbt
      SLUICE_SCHEDULES           = var.orchestration.schedules ? "running" : "stopped"
    },
    var.orchestration.environment,
  )

  database_tier              = var.orchestration.database_tier
  database_high_availability = var.orchestration.high_availability
  backup_location            = var.orchestration.backup_location
  ui_members                 = var.orchestration.ui_members
  ui_always_on               = var.orchestration.ui_always_on
  ingress                    = var.orchestration.ingress
  run_cpu                    = var.orchestration.run_cpu
  run_memory                 = var.orchestration.run_memory
  deletion_protection        = var.deletion_protection
}

output "dagster" {
  description = "Dagster's UI, the secrets that it needs before its image is set (source -> secret), and its database."
  value = {
    ui                 = one(module.orchestration[*].ui)
    source_url_secrets = one(module.orchestration[*].source_url_secrets)
    database_instance  = one(module.orchestration[*].database_instance)
  }
}
