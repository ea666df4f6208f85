# Change data capture: a Datastream stream for each source with a database.
variable "replication" {
  description = "Datastream; what each setting means: modules/replication/variables.tf."
  type = object({
    connections = optional(map(object({
      hostname       = string
      port           = optional(number)
      database       = string
      username       = optional(string, "datastream")
      secret         = optional(bool, true)
      ca_certificate = optional(string)
      state          = optional(string, "RUNNING")
    })), {})
    private_range      = optional(string)
    rotation_seconds   = optional(number, 60)
    rotation_megabytes = optional(number, 64)
    backfill_tasks     = optional(number, 4)
  })
  default  = {}
  nullable = false
}

module "replication" {
  source = "./modules/replication"

  project        = local.project
  region         = local.region
  name           = local.prefix
  landing_bucket = module.storage.buckets.landing
  connections    = var.replication.connections
  private_range  = var.replication.private_range
  network_id     = var.replication.private_range == null ? null : module.network.network_id
  agent          = module.iam.service_accounts.datastream
  kms_key        = module.kms.keys.datastream
  secret_key     = module.kms.keys.secretmanager

  rotation_seconds   = var.replication.rotation_seconds
  rotation_megabytes = var.replication.rotation_megabytes
  backfill_tasks     = var.replication.backfill_tasks

  sources = {
    for id, source in local.sources : id => {
      database = source.database
      tables   = [for key in source.tables : local.tables[key].physical_name if contains(keys(local.cdc_tables), key)]
    } if source.database != null && anytrue([for key in source.tables : contains(keys(local.cdc_tables), key)])
  }

  depends_on = [google_project_service.this]
}

check "every_source_is_connected" {
  assert {
    condition     = length(module.replication.unconnected) == 0
    error_message = "Not replicated, because replication.connections does not say where they are: ${join(", ", module.replication.unconnected)}."
  }
}
