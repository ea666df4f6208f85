# Who may do what: accounts, rights, CI's way in, audit logs.
variable "iam" {
  description = "Identities and audit; what each setting means: modules/iam/variables.tf."
  type = object({
    github_repository = optional(string)
    github_owner_id   = optional(string)
    apply_ref         = optional(string, "refs/heads/main")
    state_bucket      = optional(string)
    audited_services  = optional(set(string), ["allServices"])
    audit_log_types   = optional(set(string), ["ADMIN_READ", "DATA_READ", "DATA_WRITE"])
    org_policies      = optional(set(string), [])
  })
  default  = {}
  nullable = false
}

module "iam" {
  source = "./modules/iam"

  project             = local.project
  project_number      = var.project_number
  name                = local.prefix
  buckets             = { for role in ["landing", "bronze", "temp", "artefacts"] : role => module.storage.buckets[role] }
  datasets            = module.warehouse.datasets
  event_subscriptions = module.streaming.subscriptions
  dead_letter_topics  = module.streaming.dead_letter_topics
  bigtable_instance   = module.serving.instance
  registry            = { location = local.region, repository = basename(module.processing.registry) }
  github_repository   = var.iam.github_repository
  github_owner_id     = var.iam.github_owner_id
  apply_ref           = var.iam.apply_ref
  state_bucket        = var.iam.state_bucket
  audited_services    = var.iam.audited_services
  audit_log_types     = var.iam.audit_log_types
  org_policies        = var.iam.org_policies

  depends_on = [google_project_service.this]
}
