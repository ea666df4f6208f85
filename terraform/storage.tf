# Buckets: what sources deliver, bronze, the archive, temporary files, artefacts.
variable "storage" {
  description = "Buckets; what each setting means: modules/storage/variables.tf."
  type = object({
    archive_after_days     = optional(number, 90)
    temp_days              = optional(number, 7)
    soft_delete_days       = optional(number, 7)
    landing_retention_days = optional(number, 0)
    noncurrent_days        = optional(number, 30)
    autoclass              = optional(bool, false)
    data_locations         = optional(set(string), [])
    turbo_replication      = optional(bool, false)
    managed_folders        = optional(bool, true)
    notifications          = optional(bool, true)
  })
  default  = {}
  nullable = false
}

module "storage" {
  source = "./modules/storage"

  project       = local.project
  location      = local.location
  buckets       = local.buckets
  kms_key       = module.kms.keys.storage
  force_destroy = !var.deletion_protection

  archive_after_days     = var.storage.archive_after_days
  temp_days              = var.storage.temp_days
  soft_delete_days       = var.storage.soft_delete_days
  landing_retention_days = var.storage.landing_retention_days
  noncurrent_days        = var.storage.noncurrent_days
  autoclass              = var.storage.autoclass
  data_locations         = var.storage.data_locations
  turbo_replication      = var.storage.turbo_replication
  managed_folders        = var.storage.managed_folders ? keys(local.sources) : []
  notifications          = var.storage.notifications
  notification_key       = module.kms.keys.pubsub

  depends_on = [google_project_service.this]
}
