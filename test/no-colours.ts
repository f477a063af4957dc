/** Before every test file: what programs print is compared without colours, whatever the machine has set. */
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = '1';
