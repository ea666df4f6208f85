variable "folder" {
  type        = string
  description = "Folder of the data contracts (*.odcs.yaml)."
  nullable    = false
}
