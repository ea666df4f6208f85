# Topics and their schemas, subscriptions, dead letters.
variable "streaming" {
  description = "Pub/Sub; what each setting means: modules/streaming/variables.tf."
  type = object({
    storage_regions      = optional(set(string), [])
    retention_days       = optional(number, 7)
    dead_letter_days     = optional(number, 31)
    delivery_attempts    = optional(number, 100)
    ack_deadline_seconds = optional(number, 60)
    retain_acknowledged  = optional(bool, false)
    exactly_once         = optional(object({ events = optional(bool, false), dead_letters = optional(bool, true) }), {})
    retry                = optional(object({ minimum = optional(number, 10), maximum = optional(number, 600) }), {})
    agent_grants         = optional(bool, true)
  })
  default  = {}
  nullable = false
}

module "streaming" {
  source = "./modules/streaming"

  project        = local.project
  project_number = var.project_number
  events         = local.events
  avro_schemas   = module.contracts.avro_schemas
  kms_key        = module.kms.keys.pubsub

  storage_regions      = var.streaming.storage_regions
  retention_days       = var.streaming.retention_days
  dead_letter_days     = var.streaming.dead_letter_days
  delivery_attempts    = var.streaming.delivery_attempts
  ack_deadline_seconds = var.streaming.ack_deadline_seconds
  retain_acknowledged  = var.streaming.retain_acknowledged
  exactly_once         = var.streaming.exactly_once
  retry                = var.streaming.retry
  agent_grants         = var.streaming.agent_grants

  depends_on = [google_project_service.this]
}
