# What others read from the platform: live values in Bigtable, outgoing topics.
variable "serving" {
  description = "Bigtable and outgoing topics; what each setting means: modules/serving/variables.tf."
  type = object({
    enabled         = optional(bool, true)
    zones           = optional(list(string))
    nodes           = optional(object({ minimum = optional(number, 1), maximum = optional(number, 3), cpu_target = optional(number, 60) }), {})
    tables          = optional(map(object({ families = map(object({ versions = optional(number, 1), days = optional(number, 30) })) })))
    backup_days     = optional(number, 7)
    outgoing_topics = optional(set(string), [])
  })
  default  = {}
  nullable = false
}

module "serving" {
  source = "./modules/serving"

  project             = local.project
  enabled             = var.serving.enabled
  name                = local.prefix
  zones               = var.serving.zones != null ? var.serving.zones : ["${local.region}-b"]
  nodes               = var.serving.nodes
  backup_days         = var.serving.backup_days
  kms_key             = module.kms.keys.bigtable
  deletion_protection = var.deletion_protection
  outgoing_topics     = var.serving.outgoing_topics
  topic_key           = module.kms.keys.pubsub

  # Without a list of one's own: a table for the newest values of each event.
  tables = var.serving.tables != null ? var.serving.tables : {
    for id in keys(local.events) : id => { families = { live = { versions = 1, days = 30 } } }
  }

  depends_on = [google_project_service.this]
}
