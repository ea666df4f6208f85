# Keys of our own for what is stored (CMEK).
variable "kms" {
  description = "Keys; what each setting means: modules/kms/variables.tf."
  type = object({
    enabled            = optional(bool, true)
    rotation_days      = optional(number, 90)
    destroy_delay_days = optional(number, 30)
    protection_level   = optional(string, "SOFTWARE")
    ring               = optional(string) # a key ring is never deleted: a project that is used again needs another name
  })
  default  = {}
  nullable = false
}

module "kms" {
  source = "./modules/kms"

  project            = local.project
  project_number     = var.project_number
  region             = local.region
  data_location      = local.location
  name               = coalesce(var.kms.ring, local.prefix)
  enabled            = var.kms.enabled
  rotation_days      = var.kms.rotation_days
  destroy_delay_days = var.kms.destroy_delay_days
  protection_level   = var.kms.protection_level
  copies_location    = length(var.recovery.layers) == 0 ? null : var.recovery.location

  depends_on = [google_project_service.this]
}
