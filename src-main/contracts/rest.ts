/** Response header of the REST endpoint that names the model version that answered, as decimal text. */
export const MODEL_VERSION_HEADER = 'Slipway-Model-Version';
