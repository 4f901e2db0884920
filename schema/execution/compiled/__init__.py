"""GraphQL operations over Strawberry's types, compiled to Python once, and then only executed.

graphql-core looks at each field of each object of each request: what is selected, which resolver, which
arguments, what kind of value. All of that is the same each time the operation comes. So its plan is written
as Python source: a function for each kind of object that reads what is selected of it into a dictionary, and
a coroutine for each field that is waited for. It calls the functions that Strawberry's resolvers wrap.

Of a query all is planned. Of a mutation and a subscription what is below their root fields, since what these
have changed, or begun, must not happen again where a plan cannot go on.

A plan makes no error. Whatever goes wrong in it ends it, and graphql-core executes the operation and tells
what is wrong. So it need not know where in an answer it is, nor what becomes null. What it does not know
(introspection, field extensions, type resolvers of one's own) is not planned.

This knows nothing of what the server is about: what is counted, when others have their turn and what a
caller sees replaced is given to it (`Prices`, `Run`).

* `operation`: an operation, and its plans: one for each combination of what @skip and @include look at
* `variables`: how its variables are coerced
* `selecting`: what it selects of a type, as graphql-core says
* `source`: writes the Python of a plan, object by object
* `functions`: a function while it is written
* `rows`: how objects are read from the rows that they would be made of (`schema.hints`)
* `needs`: which columns of the rows that objects show are read
* `leaves`: how scalars and enums are written
* `arguments`: how a resolver is called
* `running`: what the written functions need while they run
* `begun`: coroutines of which only those that wait become tasks
"""
