const { EntitySchema } = require('typeorm')

/** What a Squid's codegen makes of `type Seen @entity { id: ID!, hash: String! }`, by hand. */
class Seen {
  constructor(fields) {
    Object.assign(this, fields)
  }
}

exports.Seen = Seen
exports.SeenSchema = new EntitySchema({
  name: 'Seen',
  target: Seen,
  tableName: 'seen',
  columns: { id: { type: 'text', primary: true }, hash: { type: 'text' } },
})
