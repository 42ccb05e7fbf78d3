// The floors inside the folders of src/, the lowest first. What stands on one floor imports from the floors below it only, and nothing
// else on its own; so each list can be read from the bottom up. Names are files or folders, without their ending.

export const floors = {};
