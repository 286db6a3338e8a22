// Loads every entry that is named on the command line by `require`.
for (const name of process.argv.slice(2)) console.log(name, Object.keys(require(name)).length > 0 ? 'loaded' : 'is empty')
