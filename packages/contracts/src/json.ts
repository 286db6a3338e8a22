/** A value that JSON can hold: all that records and payloads consist of. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

/** A JSON object, such as a trigger's kwargs. */
export interface JsonObject {
  readonly [member: string]: JsonValue
}
